#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Points yum or dnf of CentOS, whose own servers are gone, to a mirror that still carries it. The old files are kept
# beside the new ones, and put back if the new ones do not work. Arguments: apply (with anything else it only says what
# it would do), the URL of the mirror's repository files, and true to update all packages afterwards.

mode=$1
mirror=$2
update=$3
repositories=/etc/yum.repos.d
backup=$repositories.before-os-migration
new=

put_back() {
    rm -rf "$repositories"
    mv "$backup" "$repositories"
    fail "$1: the old ones are back"
}

fetch() {
    if command -v curl >/dev/null 2>&1; then
        limited 60 curl -fsS -o "$new/$2" "$mirror/$1"
    else
        limited 60 wget -q -O "$new/$2" "$mirror/$1"
    fi || fail "cannot fetch $mirror/$1"
}

fetch_all() {
    release=$(sed -n 's/^CentOS.* release \([0-9]*\).*/\1/p' /etc/redhat-release)
    case $release in
        7) epel='epel-7.repo' ;;
        8) epel='epel-archive-8.repo' ;;
        *) fail "this is not CentOS 7 or 8: $(cat /etc/redhat-release)" ;;
    esac
    new=$(mktemp -d) || fail 'cannot create a temporary directory'
    trap 'rm -rf "$new"' EXIT
    fetch "Centos-$release.repo" CentOS-Base.repo
    if [ -n "$(find "$repositories" -name 'epel*.repo' 2>/dev/null)" ]; then
        fetch "$epel" epel.repo
    fi
}

switch() {
    if [ -e "$backup" ] || [ -h "$backup" ]; then fail "$backup is in the way"; fi
    if [ -h "$repositories" ]; then fail "$repositories is a link: set the repositories by hand"; fi
    mv "$repositories" "$backup" || fail "cannot move $repositories away"
    { mkdir "$repositories" && cp "$new"/* "$repositories"; } || put_back "cannot write new files into $repositories"
    { limited 60 yum -q clean all && limited 240 yum -q makecache; } || put_back "yum cannot use the repositories of $mirror"
    echo "switched to $mirror"
}

if [ "$mode" = apply ]; then idle; fi
if [ -d "$backup" ]; then
    echo 'the repositories were switched before'
else
    fetch_all
    if [ "$mode" = apply ]; then
        switch
    else
        echo "would move $repositories to $backup"
        for file in "$new"/*; do
            echo "would write $repositories/${file##*/} from $mirror"
        done
    fi
fi

[ "$update" = true ] || exit 0
if [ "$mode" != apply ]; then
    echo 'would update all packages'
    exit 0
fi
limited 3000 yum -q -y update || fail 'yum could not update all packages'
echo 'all packages are up to date: restart the guest when it suits you, it may have a newer kernel'
