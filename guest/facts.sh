#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# evergreen.os_migration guest facts
#
# Prints what the precheck rules want to know about a Linux guest and changes nothing.
# Runs on end-of-life systems: POSIX sh, no Python, no bash; a fact that cannot be found is left out.

LC_ALL=C
LANG=C
PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
export LC_ALL LANG PATH

newline='
'

# ---- How facts are printed ------------------------------------------------------------------------------------------

fact() {
    if [ -n "$2" ]; then
        printf '%s=%s\n' "$1" "$2"
    fi
}

# The lines of the input as one list, or the word none. A list ends after $1 names, or as many letters as such names
# have together, so that the whole output is bounded.
list() {
    awk -v limit="$1" '
        NF && !full {
            gsub(/[ \t]+/, "_")
            name = substr($0, 1, 160)
            full = count == limit || length(found) + length(name) > limit * 50
            if (!full) found = found (count++ ? " " : "") name
        }
        END { print count ? found : "none" }
    '
}

# yes or no, by the exit status of a command.
answer() {
    if "$@" >/dev/null 2>&1; then
        echo yes
    else
        echo no
    fi
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# limited SECONDS COMMAND...
limited() {
    if have timeout; then
        timeout "$@"
    else
        shift
        "$@"
    fi
}

# ---- The system -----------------------------------------------------------------------------------------------------

# os-release is read, not sourced: it is data.
os_release() {
    [ -r /etc/os-release ] || return 0
    sed -n "s/^$1=[\"']\{0,1\}\([^\"']*\).*/\1/p" /etc/os-release | sed -n 1p
}

first_line() {
    [ -r "$1" ] || return 0
    sed -n 1p "$1"
}

memory_available_mib() {
    [ -r /proc/meminfo ] || return 0
    awk '
        /^MemAvailable:/ { available = $2 }
        /^(MemFree|Buffers|Cached):/ { reclaimable += $2 }
        END { printf "%d", (available ? available : reclaimable) / 1024 }
    ' /proc/meminfo
}

boot_mode() {
    [ -d /sys/firmware ] || return 0
    if [ -d /sys/firmware/efi ]; then
        echo uefi
    else
        echo bios
    fi
}

# The kernel's own word: without the file system nothing of SELinux is loaded.
selinux() {
    [ -r /proc/filesystems ] || return 0
    case $(first_line /sys/fs/selinux/enforce) in
        1) echo enforcing ;;
        0) echo permissive ;;
        *) echo disabled ;;
    esac
}

time_synchronised() {
    limited 3 timedatectl status 2>/dev/null | awk '
        tolower($0) ~ /(ntp|clock) synchronized: *(yes|no)/ && !found { print $NF; found = 1 }
    '
}

# ---- Kernel modules and processes -----------------------------------------------------------------------------------

# Names of the loaded modules whose taint flags hold the letter $1.
modules_tainted() {
    [ -r /proc/modules ] || return 0
    awk -v flag="$1" '$NF ~ /^\([A-Z+-]+\)$/ && index($NF, flag) { print $1 }' /proc/modules | list 20
}

security_center_runs() {
    grep -q '^AliSecGuard' /proc/modules || cat /proc/[0-9]*/comm | grep -q '^AliYunDun' ||
        [ -d /usr/local/aegis/aegis_client ]
}

security_center() {
    [ -r /proc/modules ] || return 0
    answer security_center_runs
}

# ---- File systems ---------------------------------------------------------------------------------------------------

free_mib() {
    df -Pk "$1" 2>/dev/null | awk 'NR == 2 { printf "%d", $4 / 1024 }'
}

# Mount points with their types: of disks and network shares, each once, whatever else it is bound to.
mounts() {
    awk '($1 ~ /^\// || $1 ~ /:/) && !seen[$1]++ { gsub(/\\040/, "_", $2); print $2, $3 }' /proc/mounts
}

# Read-only kinds are always full, and a share whose server is away would keep df waiting.
full_filesystems() {
    [ -r /proc/mounts ] || return 0
    points=$(mounts | awk '$2 ~ /^(ext[234]|xfs|btrfs|vfat)$/ { print $1 }')
    # shellcheck disable=SC2086
    usage=$(for unit in k i; do limited 3 df "-P$unit" ${points:-/} 2>/dev/null; done)
    [ -n "$usage" ] || return 0
    printf '%s\n' "$usage" | awk '$5 ~ /%$/ && $5 + 0 >= 95 { print $6 }' | sort -u | list 15
}

# Free space of /usr, /var or /boot says nothing of what is mounted beneath; /boot/efi is nobody's bottleneck.
nested_filesystems() {
    [ -r /proc/mounts ] || return 0
    mounts | awk '$1 ~ /^\/(usr|var|boot)\// && $1 !~ /^\/boot\/efi$/ { print $1 }' | list 15
}

fstab_device_names() {
    [ -r /etc/fstab ] || return 0
    awk '$1 ~ /^\/dev\/((sd|vd|xvd|hd)[a-z]|nvme[0-9])/ { print $1 }' /etc/fstab | list 15
}

# What an in-place upgrade (Leapp) leaves behind when it does not come to its end.
leftovers() {
    for path in /boot/vmlinuz-upgrade.* /boot/initramfs-upgrade.* /root/tmp_leapp_py3 \
        /var/lib/leapp/scratch /var/lib/leapp/el[789]userspace /var/lib/leapp/el10userspace; do
        if [ -e "$path" ]; then
            printf '%s\n' "$path"
        fi
    done | list 15
}

# ---- Network --------------------------------------------------------------------------------------------------------

nics() {
    [ -d /sys/class/net ] || return 0
    for nic in /sys/class/net/*; do
        if [ -e "$nic/device" ]; then
            printf '%s\n' "${nic##*/}"
        fi
    done | list 15
}

net_ifnames() {
    case " $(first_line /proc/cmdline) " in
        '  ') ;;
        *' net.ifnames=0 '*) echo off ;;
        *) echo on ;;
    esac
}

# ---- Packages -------------------------------------------------------------------------------------------------------

package_manager() {
    for candidate in dnf yum; do
        if have "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo none
}

# Its version is the least that it can be asked for; this needs its interpreter, its modules and its configuration.
package_manager_works() {
    if [ "$1" = none ]; then
        echo no
        return
    fi
    limited 5 "$1" -C --version >/dev/null 2>&1
    case $? in
        0) echo yes ;;
        124 | 143) ;;
        *) echo no ;;
    esac
}

# A marked line per package, and whatever rpm complains of. Where there is no database, rpm would make one.
query_packages() {
    [ -s /var/lib/rpm/Packages ] || [ -s /var/lib/rpm/Packages.db ] || [ -s /var/lib/rpm/rpmdb.sqlite ] || return 1
    limited 8 rpm -qa --qf '@ %{NAME} %{VERSION}-%{RELEASE} %{ARCH} %{INSTALLTIME}\n' 2>&1
}

# $1: rpm's exit status, $2: its output. One that ran out of time has not said anything.
rpm_database() {
    case $1 in
        124 | 143) return ;;
    esac
    if [ "$1" -eq 0 ] && printf '%s\n' "$2" | grep -q '^@' && ! printf '%s\n' "$2" | grep -q '^error:'; then
        echo sound
    else
        echo damaged
    fi
}

# The lines of the packages: NAME VERSION-RELEASE ARCH TIME.
packages() {
    printf '%s\n' "$installed" | sed -n 's/^@ //p'
}

i686_facts() {
    i686=$(packages | awk '$3 ~ /^i[3-6]86$/ { print $1 "." $3 }' | sort)
    fact i686_count "$(printf '%s\n' "$i686" | grep -c .)"
    if [ -n "$i686" ]; then
        fact i686_packages "$(printf '%s\n' "$i686" | list 50)"
    fi
}

# Name and version of the database server; clients and libraries hold no data.
mysql() {
    packages | awk '
        { name = tolower($1); sub(/-[^-]*$/, "", $2) }
        !found && name ~ /^(rh-)?(mysql|mariadb|percona)[a-z0-9.-]*-server(-minimal|-[0-9.]+)?$/ {
            print (name ~ /mariadb/ ? "mariadb" : "mysql"), $2
            found = 1
        }
        END { if (!found) print "none" }
    '
}

# Versions are compared as rpm does it: digits and letters apart, a number above any letters, the longer one above its
# own beginning.
kernel_newest() {
    packages | awk '
        function key(text,    made, part) {
            while (match(text, /[0-9]+|[a-zA-Z]+/)) {
                part = substr(text, RSTART, RLENGTH)
                text = substr(text, RSTART + RLENGTH)
                if (part ~ /^[0-9]/) {
                    sub(/^0+/, "", part)
                    made = made sprintf("1%03d", length(part)) part " "
                } else {
                    made = made "0" part " "
                }
            }
            return made
        }
        $1 !~ /^kernel(-(lt|ml|uek|plus))?(-core)?$/ { next }
        {
            version = $2
            sub(/-[^-]*$/, "", version)
            order = key(version) "!" key(substr($2, length(version) + 2))
            if (order > best) { best = order; newest = $2 "." $3 }
        }
        END { if (newest != "") print newest }
    '
}

# Whether something that every process keeps using was installed after the system has started.
reboot_required() {
    started=$(awk '$1 == "btime" { print $2 }' /proc/stat 2>/dev/null)
    [ -n "$started" ] || return 0
    packages | awk -v started="$started" '
        BEGIN { found = "no" }
        $1 ~ /^(kernel|kernel-core|kernel-rt|glibc|linux-firmware|systemd|udev|dbus|dbus-daemon|openssl-libs)$/ &&
            $4 + 0 > started + 0 { found = "yes" }
        END { print found }
    '
}

# Programs and libraries in ELF; the cloud's own agents do not count.
elf_files() {
    limited 3 find /usr/local /opt -xdev \
        \( -path /usr/local/aegis -o -path /usr/local/cloudmonitor -o -path /usr/local/share/aliyun-assist \) -prune \
        -o -type f \( -perm -100 -o -name '*.so' -o -name '*.so.*' \) \
        -exec grep -l "^$(printf '\177')ELF" {} + 2>/dev/null | head -n 500
}

# Asked of rpm all at once; the names may hold anything but a line break.
owners() {
    IFS=$newline
    set -f
    # shellcheck disable=SC2086
    if [ -n "$1" ]; then limited 5 rpm -qf $1 2>&1; fi
}

# What somebody built or unpacked here: the files that no package owns.
local_program_facts() {
    owners=$(owners "$(elf_files)")
    case $? in
        124 | 143) return ;;
    esac
    unowned=$(printf '%s\n' "$owners" | sed -n 's/^file \(.*\) is not owned by any package$/\1/p' | sort)
    fact local_programs "$(printf '%s\n' "$unowned" | grep -c .)"
    fact local_program_names "$(printf '%s\n' "$unowned" | list 10)"
}

# A damaged database is not the same as one without such packages: say nothing then.
package_facts() {
    have rpm || return 0
    installed=$(query_packages)
    database=$(rpm_database "$?" "$installed")
    fact rpm_database "$database"
    [ "$database" = sound ] || return 0
    i686_facts
    fact mysql "$(mysql)"
    fact kernel_newest "$(kernel_newest)"
    fact reboot_required "$(reboot_required)"
    local_program_facts
}

# Whether a repository [epel-modular] is on, as it is unless it says otherwise.
epel_modular() {
    [ -d /etc/yum.repos.d ] || return 0
    cat /etc/yum.repos.d/*.repo 2>/dev/null | awk '
        { gsub(/[ \t\r]/, "") }
        /^\[/ { here = $0 == "[epel-modular]"; if (here) on = "yes" }
        here && tolower($0) ~ /^enabled=(0|no|false|off)/ { on = "no" }
        END { print on == "" ? "no" : on }
    '
}

# ---- All facts ------------------------------------------------------------------------------------------------------

echo 'osm-facts 1'
fact time "$(date -u +%s)"
fact os_id "$(os_release ID)"
fact os_version "$(os_release VERSION_ID)"
fact os_name "$(os_release PRETTY_NAME)"
fact os_release "$(first_line /etc/redhat-release)"
fact arch "$(uname -m 2>/dev/null)"
fact kernel "$(uname -r 2>/dev/null)"
fact boot_mode "$(boot_mode)"
fact selinux "$(selinux)"
fact time_synchronised "$(time_synchronised)"
fact memory_available_mib "$(memory_available_mib)"
for directory in usr var boot; do
    fact "free_mib./$directory" "$(free_mib "/$directory")"
done
fact full_filesystems "$(full_filesystems)"
fact nested_filesystems "$(nested_filesystems)"
fact fstab_device_names "$(fstab_device_names)"
fact nics "$(nics)"
fact net_ifnames "$(net_ifnames)"
fact modules_out_of_tree "$(modules_tainted O)"
fact modules_unsigned "$(modules_tainted E)"
fact security_center "$(security_center)"
fact rsync "$(answer have rsync)"
manager=$(package_manager)
fact package_manager "$manager"
fact package_manager_works "$(package_manager_works "$manager")"
fact epel_modular "$(epel_modular)"
package_facts
fact leftovers "$(leftovers)"
echo 'osm-facts end'
