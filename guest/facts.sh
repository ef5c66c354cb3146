#!/bin/sh
# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# evergreen.os_migration guest facts
#
# Prints what the precheck rules want to know about a Linux guest and changes nothing; what package managers fetch to
# prove that they can goes into a directory of its own, which is removed.
# Runs on end-of-life systems: POSIX sh, no Python, no bash; a fact that cannot be found is left out, with the reason.
# The agents take little more than this script: names of its own are shortened where it is sent.
# Sent as: available=A candidate=B characters=C code=D directory=E enabled_repositories=F excluded_packages=G
# Sent as: flavour=H found=I installed=J limited=K line=L listed=M locked_packages=O modules_tainted=P names=Q
# Sent as: newline=R options=S owner=T package_managers_running=U part=V processes=W programs=X query_packages=Y
# Sent as: reachable=Z reclaimable=a series=b started=c unowned_programs=d value=e volumes=f wanted=g configuration=h
# Sent as: count=j reason=k kind=l database=m elf_files=o builder=p made=q usage=r points=s name=t path=u version=v
# Sent as: manager=w device=x status=y table=z order=aa

LC_ALL=C
LANG=C
PATH="$PATH:/usr/sbin:/usr/bin:/sbin:/bin"
export LC_ALL LANG PATH

newline='
'
lines=0
characters=0

# ---- How facts are printed ------------------------------------------------------------------------------------------

put() { printf '%s\n' "$1"; }

# One line, in ASCII, not longer than its reader takes and without blanks at its end, which it would not count.
say() {
    value=${2%%"$newline"*}
    case $value in
        *[!\ -~]*) value=$(printf '%s' "$value" | sed 's/[^ -~]/?/g') ;;
    esac
    if [ "${#value}" -gt 5000 ]; then value=$(printf '%.5000s' "$value"); fi
    line="$1=$value"
    while [ "$line" != "${line% }" ]; do line=${line% }; done
    put "$line"
    lines=$((lines + 1))
    characters=$((characters + ${#line}))
}

# fact NAME COMMAND...: what the command prints, in a shell of its own. One that fails leaves the fact out, and prints
# the reason if it knows one.
fact() {
    name=$1
    shift
    value=$("$@" 2>/dev/null)
    code=$?
    if [ "$code" -ne 0 ]; then
        say "why.$name" "$(reason "$code" "$value")"
    elif [ -n "$value" ]; then
        say "$name" "$value"
    fi
}

# Facts that are called as their commands are; those of the second kind are lists.
facts() {
    for each in "$@"; do fact "$each" "$each"; done
}

lists() {
    for each in "$@"; do fact "$each" listed 15 "$each"; done
}

reason() {
    case $1 in
        124 | 137 | 143) echo 'out of time' ;;
        *) printf '%.160s\n' "${2:-cannot be read}" ;;
    esac
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

# listed LIMIT COMMAND...: the list of what a command prints, if it comes to its end.
listed() {
    limit=$1
    shift
    found=$("$@")
    code=$?
    if [ "$code" -eq 0 ]; then
        put "$found" | list "$limit"
    else
        put "$found"
        return "$code"
    fi
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

# limited SECONDS COMMAND...: the exit status is 124, 137 or 143 when the time was up.
limited() {
    if have timeout; then
        timeout $hard "$@" </dev/null
    else
        shift
        "$@" </dev/null
    fi
}

hard=
if timeout -k2 9 true 2>/dev/null; then hard=-k2; fi

# ---- The system -----------------------------------------------------------------------------------------------------

# os-release is read, not sourced: it is data.
os_release() {
    sed -n "s/^$1=[\"']\{0,1\}\([^\"']*\).*/\1/p" /etc/os-release
}

# The release file of the system itself comes first (Alibaba's, Anolis', AlmaLinux', openEuler's, Oracle's): Red Hat's is
# on others, too, and says what it likes there.
release_text() {
    cat /etc/a*-release /etc/openEuler-release /etc/oracle-release /etc/rocky-release /etc/system-release \
        /etc/redhat-release | sed -n 1p
}

# Who built the kernel that runs: the machine, and Alibaba's compiler, whose machines have any name.
kernel_builder() {
    awk '{
        builder = /@/ ? $0 : "unknown"
        sub(/^[^@]*@/, "", builder)
        sub(/\).*/, "", builder)
        print substr(builder, 1, 70) (/\(Alibaba/ ? " Alibaba" : "")
    }' /proc/version
}

memory_available_mib() {
    awk '
        /^MemAvailable:/ { available = $2 }
        /^(MemFree|Buffers|Cached):/ { reclaimable += $2 }
        END { if (available + reclaimable) printf "%d", (available ? available : reclaimable) / 1024 }
    ' /proc/meminfo
}

# When the system has started, in seconds as date counts them.
booted() {
    awk '$1 == "btime" { print $2 }' /proc/stat
}

boot_mode() {
    [ -d /sys/firmware ] || return
    if [ -d /sys/firmware/efi ]; then echo uefi; else echo bios; fi
}

# The kernel's own word: without the file system nothing of SELinux is loaded.
selinux() {
    [ -r /proc/filesystems ] || return
    case $(cat /sys/fs/selinux/enforce) in
        1) echo enforcing ;;
        0) echo permissive ;;
        *) if [ -e /sys/fs/selinux/enforce ]; then return 1; else echo disabled; fi ;;
    esac
}

time_synchronised() {
    status=$(limited 3 timedatectl status) || return
    put "$status" | awk '
        tolower($0) ~ /(ntp|clock) synchronized: *(yes|no)/ && !found { print $NF; found = 1 }
    '
}

# ---- Kernel modules and processes -----------------------------------------------------------------------------------

# Names of the loaded modules whose taint flags hold the letter $1.
modules_tainted() {
    awk -v flag="$1" '$NF ~ /^\([A-Z+-]+\)$/ && index($NF, flag) { print $1 }' /proc/modules
}

# Processes come and go while they are read.
processes() {
    names=$(cat /proc/[0-9]*/comm)
    [ -n "$names" ] && put "$names"
}

package_managers_running() {
    names=$(processes) || return
    put "$names" | grep -xE 'yum|yum-cron|dnf|dnf-3|dnf-automatic|rpm|leapp|convert2rhel' | sort -u
}

security_center() {
    modules=$(cat /proc/modules) && names=$(processes) && reachable usr/local || return
    case $newline$modules$newline$names in
        *"${newline}AliSecGuard"* | *"${newline}AliYunDun"*) echo yes ;;
        *) answer [ -d /usr/local/aegis/aegis_client ] ;;
    esac
}

# ---- File systems ---------------------------------------------------------------------------------------------------

# Whether none of the directories, named without the first slash, lies on a share, whose server may be away.
reachable() {
    for directory in "$@"; do
        kind=$(awk -v path="/$directory" '
            ($2 == "/" || path == $2 || index(path, $2 "/") == 1) && length($2) >= length(best) { best = $2; kind = $3 }
            END { print kind }
        ' /proc/mounts)
        case $kind in
            nfs* | cifs | smb* | fuse* | ceph | 9p | afs | gfs* | lustre | glusterfs | autofs)
                echo "/$directory is on a share ($kind)"
                return 1
                ;;
        esac
    done
}

free_mib() {
    [ -n "$usage" ] || return
    put "$usage" | awk 'NR == 2 { printf "%d", $4 / 1024 }'
}

mounted_on() {
    [ -n "$usage" ] || return
    put "$usage" | awk 'NR == 2 { sub(/^([^ ]+ +)+[0-9]+% +/, ""); gsub(/[ \t]/, "_"); print }'
}

# Mount points with their types: of disks and network shares, each once, whatever else it is bound to.
mounts() {
    awk '($1 ~ /^\// || $1 ~ /:/) && !seen[$1]++ { gsub(/\\040/, "_", $2); print $2, $3 }' /proc/mounts
}

# Mount points of file systems that can be written: all with the mount option $1, or without one each device once.
points() {
    awk -v option="$1" '
        $3 ~ /^(ext[234]|xfs|btrfs|vfat)$/ && (option == "" ? !seen[$1]++ : index("," $4 ",", "," option ",")) {
            point = $2
            gsub(/\\040/, " ", point)
            gsub(/\\011/, "\t", point)
            gsub(/\\134/, "\\", point)
            print point
        }
    ' /proc/mounts
}

# Read-only kinds are always full, and a share whose server is away would keep df waiting.
full_filesystems() {
    points=$(points '') || return
    IFS=$newline
    set -f
    # shellcheck disable=SC2086
    set -- ${points:-/}
    blocks=$(limited 5 df -Pk "$@") && inodes=$(limited 5 df -Pi "$@") || return
    printf '%s\n' "$blocks" "$inodes" | awk '
        { use = $5; sub(/^([^ ]+ +)+([0-9]+%|-) +/, "") }
        use ~ /%$/ && use + 0 >= 95 && !told[$0]++
    '
}

# Mount points that hold one of the directories from which agents and packages run programs.
noexec_filesystems() {
    awk '
        BEGIN { wanted = split("var var/lib var/tmp tmp usr usr/local usr/local/share", path, " ") }
        {
            for (i = 1; i <= wanted; i++)
                if (($2 == "/" || "/" path[i] == $2 || index("/" path[i], $2 "/") == 1) && length($2) >= length(best[i])) {
                    best[i] = $2
                    options[i] = "," $4 ","
                }
        }
        END { for (i = 1; i <= wanted; i++) if (index(options[i], ",noexec,") && !told[best[i]]++) print best[i] }
    ' /proc/mounts
}

# Free space of /usr, /var or /boot says nothing of what is mounted beneath; /boot/efi is nobody's bottleneck.
nested_filesystems() {
    mounts | awk '$1 ~ /^\/(usr|var|boot)\// && $1 !~ /^\/boot\/efi$/ { print $1 } END { if (!NR) exit 1 }'
}

fstab_device_names() {
    awk '$1 ~ /^\/dev\/((sd|vd|xvd|hd)[a-z]|nvme[0-9])/ { print $1 }' /etc/fstab
}

# Volumes that are opened at boot: NAME DEVICE, and asks or key by what opens them.
crypttab() {
    [ -e /etc/crypttab ] || return 0
    table=$(cat /etc/crypttab) || return
    put "$table" | while read -r name device key options; do
        case $name,$options, in
            '#'* | ,* | *,noauto,* | *,nofail,* | *,swap,* | *,tmp,* | *,tmp=*) continue ;;
        esac
        case $key,$options in
            /dev/*random,*) continue ;;
            *tpm2-device=* | *fido2-device=* | *pkcs11-uri=* | *_netdev*) how=key ;;
            ,* | none,* | -,*) how=asks ;;
            *) if [ -e "${key%%:*}" ]; then how=key; else how=asks; fi ;;
        esac
        printf '%s %s %s\n' "$name" "$device" "$how"
    done
}

volumes() {
    volumes=$(crypttab) || return
    put "$volumes" | awk -v how="$1" '$3 == how { print $1 }'
}

there() {
    case $1 in
        /dev/*) [ -e "$1" ] ;;
        UUID=* | LABEL=* | PARTUUID=* | PARTLABEL=*) limited 3 findfs "$1" >/dev/null ;;
    esac
}

# What /etc/fstab mounts at boot and is not mounted, and what /etc/crypttab opens and is not open, with no such device.
missing_devices() {
    wanted=$(awk '
        NR == FNR { mounted[$2] = 1; next }
        $1 ~ /^(UUID|LABEL|PARTUUID|PARTLABEL)=|^\/dev\// && $2 ~ /^\// && !mounted[$2] &&
            "," $4 "," !~ /,(noauto|nofail|x-systemd\.automount),/ { gsub(/"/, "", $1); print "fstab", $1 }
    ' /proc/mounts /etc/fstab) && volumes=$(crypttab) || return
    open=$(cat /sys/class/block/dm-*/dm/name)
    wanted="$wanted
$(put "$volumes" | awk -v open="$open" '
        BEGIN { n = split(open, name, "\n"); for (i = 1; i <= n; i++) is[name[i]] = 1 }
        NF && !is[$1] { print "crypttab", $2 }
    ')"
    put "$wanted" | while read -r table device; do
        [ -n "$device" ] || continue
        there "$device"
        case $? in
            0) ;;
            1 | 2) echo "$table:$device" ;;
            *) exit 1 ;;
        esac
    done
}

# Files and directories that nobody can replace.
immutable_files() {
    set --
    for path in /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/sudoers /etc/fstab /etc/resolv.conf /etc/hosts \
        /etc/yum.conf /etc/dnf/dnf.conf /etc/yum.repos.d /boot /boot/grub2/grub.cfg /usr/bin /usr/sbin /usr/lib \
        /usr/bin/rpm /usr/bin/yum /var/lib/rpm; do
        if [ -e "$path" ] && ! [ -h "$path" ]; then set -- "$@" "$path"; fi
    done
    flags=$(limited 3 lsattr -d "$@") || return
    put "$flags" | awk '$1 ~ /[ai]/ { print $2 }'
}

# What an in-place upgrade (Leapp) leaves behind when it does not come to its end.
leftovers() {
    reachable boot root var/lib || return
    for path in /boot/vmlinuz-upgrade.* /boot/initramfs-upgrade.* /root/tmp_leapp_py3 \
        /var/lib/leapp/scratch /var/lib/leapp/el[789]userspace /var/lib/leapp/el10userspace; do
        if [ -e "$path" ]; then
            put "$path"
        fi
    done
}

# What says that an in-place upgrade has not come to its end: the kernel that runs, the one that is booted next, and
# the service that goes on after a restart.
upgrade_pending() {
    reachable boot && line=$(cat /proc/cmdline) || return
    case $line in *vmlinuz-upgrade*) echo runs_upgrade_kernel ;; esac
    for file in /boot/grub2/grubenv /boot/efi/EFI/*/grubenv; do
        if [ -e "$file" ]; then grep -E '^(saved|next)_entry=.*upgrade' "$file" || [ $? -eq 1 ] || return; fi
    done
    if [ -e /etc/systemd/system/leapp_resume.service ]; then echo leapp_resume.service; fi
}

# What stop_services.sh has stopped and nobody has started since; the file is only root's to write.
stopped_services() {
    reachable var/lib || return
    if [ -e /var/lib/os_migration.stopped ]; then sed 1d /var/lib/os_migration.stopped; fi
}

# What hooks have done here, as MARK:WORD:TIME; the file is only root's to write.
hooks() {
    reachable var/lib || return
    if [ -e /var/lib/os_migration.hooks ]; then cat /var/lib/os_migration.hooks; fi
}

# ---- Network --------------------------------------------------------------------------------------------------------

nics() {
    [ -d /sys/class/net ] || return
    for nic in /sys/class/net/*; do
        if [ -e "$nic/device" ]; then
            put "${nic##*/}"
        fi
    done
}

net_ifnames() {
    line=$(cat /proc/cmdline) || return
    case " $line " in
        *' net.ifnames=0 '*) echo off ;;
        *) echo on ;;
    esac
}

# ---- Package managers -----------------------------------------------------------------------------------------------

package_manager() {
    for candidate in dnf yum; do
        if have "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo none
}

# Its version is the least that it can be asked for: this needs its interpreter, its modules and its configuration. What
# fetches files for yum is a program of its own, for which a changed Python was often forgotten.
package_manager_works() {
    if [ "$1" = none ]; then
        echo no
        return
    fi
    limited 5 "$1" -C --version >/dev/null
    code=$?
    if [ "$code" -eq 0 ] && [ "$1" = yum ] && [ -x /usr/libexec/urlgrabber-ext-down ]; then
        limited 3 /usr/libexec/urlgrabber-ext-down >/dev/null
        code=$?
    fi
    case $code in
        0) echo yes ;;
        124 | 137 | 143) return "$code" ;;
        *) echo no ;;
    esac
}

configuration() {
    for file in /etc/yum.conf /etc/dnf/dnf.conf /etc/yum.repos.d/*.repo; do
        if [ -e "$file" ]; then put "$file"; fi
    done
}

# What each file keeps from being installed or updated, as FILE:NAME; a repository that is off keeps nothing.
excluded_packages() {
    configuration | while read -r file; do
        awk -v file="$file" '
            function tell(    count, i, part) {
                count = on ? split(names, part, /[ ,\t]+/) : 0
                for (i = 1; i <= count; i++) if (part[i] != "") print file ":" part[i]
                names = ""
                on = 1
            }
            BEGIN { on = 1 }
            { sub(/\r$/, "") }
            /^[ \t]*[#;]/ { next }
            /^\[/ { tell(); here = 0; next }
            /^[ \t]/ { if (here) names = names " " $0; next }
            { here = match(tolower($0), /^exclude(pkgs)?[ \t]*[=:]/); if (here) names = names " " substr($0, RLENGTH + 1) }
            tolower($0) ~ /^enabled[ \t]*[=:][ \t]*(0|no|false|off)[ \t]*$/ { on = 0 }
            END { tell() }
        ' "$file" || exit 1
    done
}

# The names in the lists of the plugin versionlock, where it is on: [!]EPOCH:NAME-VERSION or NAME-EPOCH:VERSION.
locked_packages() {
    for file in /etc/yum/pluginconf.d/versionlock /etc/dnf/plugins/versionlock; do
        [ -e "$file.conf" ] && [ -e "$file.list" ] || continue
        if grep -qiE '^enabled *[=:] *(0|no|false|off)' "$file.conf"; then continue; fi
        awk -v file="$file.list" '
            { sub(/#.*/, ""); sub(/^[ \t]*!?([0-9]+:)?/, ""); sub(/-([0-9]+:)?[0-9*].*/, "") }
            NF { print file ":" $1 }
        ' "$file.list" || return
    done
}

held_packages() {
    excluded_packages && locked_packages
}

enabled_repositories() {
    configuration | while read -r file; do cat "$file" || exit; done | awk '
        { gsub(/[ \t\r]/, "") }
        /^\[/ { count += on; on = $0 != "[main]" }
        tolower($0) ~ /^enabled=(0|no|false|off)/ { on = 0 }
        END { print count + on }
    '
}

# Lets the package manager fetch the index of each repository, as an installation would, into a directory of its own.
# That none of them has groups is an answer, too.
package_sources() {
    if [ "$(enabled_repositories)" = 0 ]; then
        echo 'no repository is enabled'
        return
    fi
    cache=$(mktemp -d) || return
    trap 'rm -rf "$cache"' EXIT
    said=$(limited 25 "$1" -q --disableplugin=subscription-manager --setopt=cachedir="$cache" \
        --setopt=timeout=5 --setopt=retries=1 grouplist 2>&1)
    code=$?
    case $code:$said in
        0:* | *'No Groups Available'*) echo answer ;;
        124:* | 137:* | 143:*) return "$code" ;;
        *) put "$said" | awk '
            NF && !/^(Warning|No matches)/ && !line { line = substr($0, 1, 300) }
            END { print line ? line : "failed" }
        ' ;;
    esac
}

# Whether a repository [epel-modular] is on, as it is unless it says otherwise.
epel_modular() {
    [ -d /etc/yum.repos.d ] || return
    cat /etc/yum.repos.d/*.repo | awk '
        { gsub(/[ \t\r]/, "") }
        /^\[/ { here = $0 == "[epel-modular]"; if (here) on = "yes" }
        here && tolower($0) ~ /^enabled=(0|no|false|off)/ { on = "no" }
        END { print on == "" ? "no" : on }
    '
}

# What yum keeps of a transaction until it has ended.
unfinished_transactions() {
    reachable var/lib || return
    for path in /var/lib/yum/transaction-all.*; do
        case $path in
            *.disabled) ;;
            *) if [ -e "$path" ]; then put "${path##*/}"; fi ;;
        esac
    done
}

# ---- Packages -------------------------------------------------------------------------------------------------------

# A marked line per package, and whatever rpm complains of. Where there is no database, rpm would make one.
query_packages() {
    [ -s /var/lib/rpm/Packages ] || [ -s /var/lib/rpm/Packages.db ] || [ -s /var/lib/rpm/rpmdb.sqlite ] || return
    signed='%|RSAHEADER?{%{RSAHEADER:pgpsig}}:{%|SIGPGP?{%{SIGPGP:pgpsig}}:{-}|}|'
    limited 8 rpm -qa --qf "@ %{NAME} %{VERSION}-%{RELEASE} %{ARCH} %{INSTALLTIME} $signed\n" 2>&1
}

# $1: rpm's exit status, $2: its output. One that ran out of time has not said anything.
rpm_database() {
    case $1 in
        124 | 137 | 143) return "$1" ;;
    esac
    if [ "$1" -eq 0 ] && put "$2" | grep -q '^@' && ! put "$2" | grep -q '^error:'; then
        echo sound
    else
        echo damaged
    fi
}

# The lines of the packages: NAME VERSION-RELEASE ARCH TIME KIND. The kind is TAG/KEY: the system that the release names
# first (what follows may be a hash), and the last 16 digits of the key that signed the package.
packages() {
    put "$installed" | awk '
        $1 == "@" {
            tag = key = "none"
            made = $3
            sub(/.*-/, "", made)
            if (match(made, /[._+](el|alnx|alios|al|an|amzn|oe|fc)[0-9]+/)) tag = substr(made, RSTART + 1, RLENGTH - 1)
            if (length($NF) > 15 && $NF !~ /[^0-9a-f]/) key = substr($NF, length($NF) - 15)
            print $2, $3, $4, $5, tag "/" key
        }
    '
}

# How many packages there are of each kind, most first; kernels stay beside the new ones.
package_kinds() {
    packages | awk '
        $1 !~ /^(gpg-pubkey$|kernel|kmod-)/ { count[$5]++ }
        END { for (kind in count) print count[kind] ":" kind }
    ' | sort -rn | awk 'NR > 12 { other += $1; next } { print } END { if (other) print other ":other" }'
}

# The packages that say which system or repository this is, and the one that /etc/os-release came from.
release_packages() {
    packages | awk '$1 ~ /-release(-server|-el[0-9]+)?$/ { print $1 "/" $5 }'
}

release_owner() {
    owner=$(limited 3 rpm -qf --qf '%{NAME}\n' /etc/os-release)
    code=$?
    [ "$code" -lt 124 ] || return "$code"
    packages | awk -v name="${owner%%"$newline"*}" '
        $1 == name { kind = "/" $5 }
        END { print kind ? name kind : "unowned" }
    '
}

i686_packages() {
    packages | awk '$3 ~ /^i[3-6]86$/ { print $1 "." $3 }' | sort
}

count() {
    "$@" | grep -c .
    return 0
}

# Those of which one version only can be installed.
duplicate_packages() {
    packages | awk '
        $1 !~ /^(gpg-pubkey|kmod-.*)$/ && ($1 !~ /^kernel/ || $1 ~ /-(headers|tools.*|doc)$/) && ++seen[$1 "." $3] == 2 {
            print $1
        }
    ' | sort -u
}

# Names and versions of the database servers; clients and libraries hold no data.
mysql() {
    packages | awk '
        { name = tolower($1); sub(/-[^-]*$/, "", $2) }
        name ~ /^(rh-|cl-)?(mysql|mariadb|percona)[a-z0-9.-]*-server(-minimal|-gpl|-advanced|-debug|-[0-9.]+)?$/ {
            server = (name ~ /mariadb/ ? "mariadb" : "mysql") " " $2
            if (!told[server]++) found = found (found ? ", " : "") server
        }
        END { print found ? found : "none" }
    '
}

# The package of the running kernel, $1, and the newest that is installed of its series: kernel-lt is no newer kernel.
# Versions are compared as rpm does it: digits and letters apart, a number above any letters, the longer one above its
# own beginning.
kernels() {
    packages | awk -v running="$1" '
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
        $1 !~ /^kernel(-(lt|ml|rt|uek|plus|debug|64k))*(-core)?$/ { next }
        {
            series = $1
            sub(/-core$/, "", series)
            flavour = series
            sub(/^kernel-?/, "", flavour)
            version = $2
            sub(/-[^-]*$/, "", version)
            order = key(version) "!" key(substr($2, length(version) + 2))
            if (order > best[series]) { best[series] = order; newest[series] = $2 "." $3 }
            rest = index(running, $2 "." $3) == 1 ? substr(running, length($2 "." $3) + 1) : "-"
            if (rest == "" && flavour !~ /debug|64k/ && owner != "kernel" || rest == "+" flavour || rest == "." flavour) {
                owner = series
                owned = $1 "/" $5
                tail = rest
            }
        }
        END {
            print owner ? owner : "none"
            if (!owner) owner = "kernel"
            print newest[owner] ? newest[owner] tail : ""
            print owned ? owned : "unowned"
        }
    '
}

kernel_package() { kernels "$(uname -r)" | sed -n 1p; }
kernel_newest() { kernels "$(uname -r)" | sed -n 2p; }
kernel_owner() { kernels "$(uname -r)" | sed -n 3p; }

# Whether something that every process keeps using was installed after the system has started.
reboot_required() {
    started=$(booted) || return
    [ -n "$started" ] || return
    packages | awk -v started="$started" '
        BEGIN { found = "no" }
        $1 ~ /^(kernel|kernel-core|kernel-rt|glibc|linux-firmware|systemd|udev|dbus|dbus-daemon|openssl-libs)$/ &&
            $4 + 0 > started + 0 { found = "yes" }
        END { print found }
    '
}

# Programs and libraries in ELF; the cloud's own agents do not count.
elf_files() {
    set --
    for directory in /usr/local /opt; do
        if [ -d "$directory" ]; then set -- "$@" "$directory"; fi
    done
    [ $# -gt 0 ] || return 0
    # shellcheck disable=SC2016
    limited 6 find "$@" -xdev \
        \( -path /usr/local/aegis -o -path /usr/local/cloudmonitor -o -path /usr/local/share/aliyun-assist \) -prune \
        -o -type f \( -perm -100 -o -name '*.so' -o -name '*.so.*' \) \
        -exec sh -c 'grep -l "$0" "$@" || [ $? -eq 1 ]' "^$(printf '\177')ELF" {} +
}

# What somebody built or unpacked here: the files that no package owns. Asked of rpm all at once; the names may hold
# anything but a line break.
unowned_programs() {
    reachable usr/local opt || return
    files=$(elf_files) || return
    files=$(put "$files" | sed -n 1,500p)
    [ -n "$files" ] || return 0
    IFS=$newline
    set -f
    # shellcheck disable=SC2086
    owners=$(limited 8 rpm -qf $files 2>&1)
    code=$?
    case $code in
        124 | 137 | 143) return "$code" ;;
    esac
    put "$owners" | sed -n 's/^file \(.*\) is not owned by any package$/\1/p' | sort
}

# A damaged database is not the same as one without such packages: say nothing then.
package_facts() {
    have rpm || return 0
    installed=$(query_packages)
    database=$?
    fact rpm_database rpm_database "$database" "$installed"
    [ "$(rpm_database "$database" "$installed")" = sound ] || return 0
    fact i686_count count i686_packages
    if [ -n "$(i686_packages)" ]; then fact i686_packages listed 50 i686_packages; fi
    fact duplicate_packages listed 20 duplicate_packages
    fact packages_twice count duplicate_packages
    lists package_kinds release_packages
    facts mysql kernel_package kernel_newest kernel_owner release_owner reboot_required
    programs=$(unowned_programs 2>/dev/null)
    code=$?
    if [ "$code" -eq 0 ]; then
        fact local_programs count put "$programs"
        fact local_program_names listed 10 put "$programs"
    else
        say why.local_programs "$(reason "$code" "$programs")"
    fi
}

# ---- What is compared later -----------------------------------------------------------------------------------------

# How many different lines a command prints, the checksum of them all, and the lines in their order, each without the
# beginning that it shares with the one before: the first letter says how long that is. Of very many these are the first.
summed() {
    found=$("$2") || return
    found=$(put "$found" | sort -u)
    sum=$(put "$found" | cksum) || return
    put "$found" | awk -v sum="${sum%% *}" -v room=$((21000 - characters)) -v most="$1" '
        BEGIN { if (room < most) most = room }
        NF {
            gsub(/[ \t]/, "_")
            for (n = 0; n < 35 && n < length(last) && substr($0, n + 1, 1) == substr(last, n + 1, 1); n++);
            word = " " substr("0123456789abcdefghijklmnopqrstuvwxyz", n + 1, 1) substr($0, n + 1)
            full = full || length(told word) > most
            if (!full) told = told word
            last = $0
            count++
        }
        END { print count + 0, sum told }
    '
}

# Without names there was no answer: some are on every system.
units() {
    limited 3 systemctl --no-legend "$@" | awk '{ sub(/\.service$/, "", $1); print $1 }' | grep .
}

services_enabled() { units list-unit-files -tservice,timer --state=enabled; }
services_running() { units list-units -tservice --state=running; }

# What is listened on, as PROTOCOL/PORT in hexadecimal digits, and what only this machine reaches. Ports that the
# system gives away by itself are others after each start.
ports() {
    awk '
        FNR > 1 && ($4 == "0A" || FILENAME ~ /udp/ && $3 ~ /:0000$/) {
            kind = FILENAME ~ /udp/ ? "udp/" : "tcp/"
            port = $2
            sub(/.*:/, "", port)
            if (port < "8000" || port > "EE47")
                print kind port ($2 ~ /^(0*(FFFF0000)?......7F|0*1000000):/ ? "@lo" : "")
        }
    ' /proc/net/[tu][cd]p*
}

users() { awk -F: 'NF > 2 { print $1 ":" $3 }' /etc/passwd; }

# What a schedule holds may be secret: its file and a checksum tell whether it has changed.
cron() {
    reachable var/spool || return
    set --
    for file in /etc/crontab /etc/cron.*/* /var/spool/cron/*; do
        if [ -f "$file" ]; then set -- "$@" "$file"; fi
    done
    [ $# -gt 0 ] || return 0
    cksum "$@" | awk '{ sub(/.*\/(etc|var)\//, "", $3); print $3 ":" $1 }'
}

# As the kernel writes them: DEVICE,NETWORK,GATEWAY,MASK.
routes() { awk 'NR > 1 { print $1 "," $2 "," $3 "," $8 }' /proc/net/route; }

package_names() { packages | awk '$1 != "gpg-pubkey" { print $1 }'; }
# Those that are not of the most frequent kind, with all that is known of them.
package_versions() {
    kind=$(package_kinds | sed -n '1s/.*://p')
    packages | awk -v kind="$kind" '$1 != "gpg-pubkey" && $5 != kind { print $1 "-" $2 "." $3 "/" $5 }'
}
# Of all of them, to the last letter.
package_sum() {
    packages | awk '{ print $1 "-" $2 "." $3 }' | sort | cksum
}

compared() {
    most=$1
    shift
    for each in "$@"; do fact "all.$each" summed "$most" "$each"; done
}

# ---- All facts ------------------------------------------------------------------------------------------------------

echo 'osm-facts 1'
fact time date -u +%s
fact os_id os_release ID
fact os_version os_release VERSION_ID
fact os_name os_release PRETTY_NAME
fact os_release release_text
fact arch uname -m
fact kernel uname -r
fact os_booted booted
fact boot_id cat /proc/sys/kernel/random/boot_id
facts kernel_builder boot_mode selinux time_synchronised memory_available_mib net_ifnames security_center \
    epel_modular
for directory in usr var boot; do
    usage=$(limited 3 df -Pk "/$directory" 2>/dev/null)
    fact "free_mib./$directory" free_mib
    fact "mounted_on./$directory" mounted_on
done
fact readonly_filesystems listed 15 points ro
fact crypttab_asks listed 15 volumes asks
fact crypttab_keys listed 15 volumes key
lists full_filesystems noexec_filesystems nested_filesystems fstab_device_names missing_devices immutable_files \
    nics leftovers upgrade_pending stopped_services
fact hooks listed 20 hooks
fact modules_out_of_tree listed 20 modules_tainted O
fact modules_unsigned listed 20 modules_tainted E
fact package_manager_runs listed 5 package_managers_running
fact rsync answer have rsync
manager=$(package_manager)
facts package_manager
fact package_manager_works package_manager_works "$manager"
lists held_packages unfinished_transactions
package_facts
if [ "$manager" != none ]; then fact package_sources package_sources "$manager"; fi
compared 1200 services_enabled services_running ports mounts users cron routes
if [ "$(rpm_database "${database:-1}" "$installed")" = sound ]; then
    compared 1200 package_versions
    compared 4500 package_names
    fact package_sum package_sum
fi
printf 'osm-facts lines %s %s\n' "$lines" "$characters"
echo 'osm-facts end'
