#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Points yum or dnf to a mirror that still carries CentOS, whose own servers are gone. Argument: URL of the mirror's
# repository files. The old files are kept beside the new ones, and put back if the new ones do not work.

mirror=$1
repositories=/etc/yum.repos.d
backup=$repositories.before-os-migration
new=$repositories.new

fail() {
    echo "$1" >&2
    rm -rf "$new"
    exit 1
}

put_back() {
    rm -rf "$repositories"
    mv "$backup" "$repositories"
    fail "$1: the old ones are back"
}

fetch() {
    if command -v curl >/dev/null 2>&1; then
        curl -fsS -o "$new/$2" "$mirror/$1"
    else
        wget -q -O "$new/$2" "$mirror/$1"
    fi
}

if [ -d "$backup" ]; then
    echo "the repositories were switched before"
    exit 0
fi

release=$(sed -n 's/^CentOS.* release \([0-9]*\).*/\1/p' /etc/redhat-release)
case $release in
    7) epel='epel-7.repo' ;;
    8) epel='epel-archive-8.repo' ;;
    *) fail "this is not CentOS 7 or 8: $(cat /etc/redhat-release)" ;;
esac

mkdir -p "$new" || fail "cannot create $new"
fetch "Centos-$release.repo" CentOS-Base.repo || fail "cannot fetch $mirror/Centos-$release.repo"
if [ -n "$(find "$repositories" -name 'epel*.repo' 2>/dev/null)" ]; then
    fetch "$epel" epel.repo || fail "cannot fetch $mirror/$epel"
fi

mv "$repositories" "$backup" || fail "cannot move $repositories away"
mv "$new" "$repositories" || put_back "cannot put new files into $repositories"
{ yum -q clean all && yum -q makecache; } || put_back "yum cannot use the repositories of $mirror"
echo "switched to $mirror"
