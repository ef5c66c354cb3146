# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Canonical OS ids, and how to read them from what clouds and guests say.

A text that is not recognised gives ``unknown``, never a guess: a name has to begin with a system that the catalogue
knows, and nothing after it may name another. The tables are literals because only Python travels with a module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from .model import UNKNOWN

#: Canonical id -> name as the clouds' consoles print it (English).
NAMES: Mapping[str, str] = {
    "centos-6": "CentOS 6",
    "centos-7": "CentOS 7",
    "centos-8": "CentOS 8",
    "rhel-6": "Red Hat Enterprise Linux 6",
    "rhel-7": "Red Hat Enterprise Linux 7",
    "rhel-8": "Red Hat Enterprise Linux 8",
    "rhel-9": "Red Hat Enterprise Linux 9",
    "rhel-10": "Red Hat Enterprise Linux 10",
    "alinux-2": "Alibaba Cloud Linux 2",
    "alinux-3": "Alibaba Cloud Linux 3",
    "anolis-7": "Anolis OS 7",
    "anolis-8": "Anolis OS 8",
    "amzn-2": "Amazon Linux 2",
    "amzn-2023": "Amazon Linux 2023",
    "windows-2008": "Windows Server 2008",
    "windows-2008r2": "Windows Server 2008 R2",
    "windows-2012": "Windows Server 2012",
    "windows-2012r2": "Windows Server 2012 R2",
    "windows-2016": "Windows Server 2016",
    "windows-2019": "Windows Server 2019",
    "windows-2022": "Windows Server 2022",
    "windows-2025": "Windows Server 2025",
}

#: What a Windows Server's build number says.
_BUILDS: Mapping[str, str] = {
    "6001": "windows-2008",
    "6002": "windows-2008",
    "6003": "windows-2008",
    "7600": "windows-2008r2",
    "7601": "windows-2008r2",
    "9200": "windows-2012",
    "9600": "windows-2012r2",
    "14393": "windows-2016",
    "17763": "windows-2019",
    "20348": "windows-2022",
    "26100": "windows-2025",
}
#: What Win32_OperatingSystem.OperatingSystemSKU says; core installations and those without Hyper-V included.
_SKUS: Mapping[str, str] = {
    **dict.fromkeys(("7", "13", "36", "40"), "standard"),
    **dict.fromkeys(("8", "12", "37", "39"), "datacenter"),
    **dict.fromkeys(("10", "14", "38", "41"), "enterprise"),
    **dict.fromkeys(("17", "29"), "web"),
    "33": "foundation",
    "50": "essentials",
}
#: ID of /etc/os-release -> family.
_DISTRIBUTIONS = {"centos": "centos", "rhel": "rhel", "alinux": "alinux", "anolis": "anolis", "amzn": "amzn"}

_LONGEST_NAME = 1000
_FULL_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
_MARKS = re.compile(r"\((?:r|tm)\)|[®™\u00ad\u200b-\u200f\u2060\ufeff]")
_SEPARATORS = re.compile(r"(?:[^\w.]|_|(?<![0-9])\.|\.(?![0-9]))+")

_LINUX = r"(?P<number>[0-9]{1,4}(?:\.[0-9]{1,8}){0,3})(?![0-9a-z.])"
# Where a code page has no registered sign, it becomes an "r": "Microsoftr Windows Serverr 2008".
_WINDOWS = r"windows serverr? (?P<number>20[0-9]{2})(?: ?(?P<r2>r2))?(?![0-9a-z.])(?! 20[0-9]{2})"
#: Windows' names with their words in another order, and what puts them into the usual one.
_EDITION_WORDS = r"(?P<edition>standard|enterprise|data ?center|web)"
_ORDERS = (
    (re.compile(rf"\b(windows serverr? 20[0-9]{{2}}) {_EDITION_WORDS}(?: edition)? r2\b"), r"\1 r2 \g<edition>"),
    (re.compile(rf"\b(windows serverr?) {_EDITION_WORDS} (20[0-9]{{2}}(?: ?r2)?)\b"), r"\1 \3 \g<edition>"),
    (re.compile(r"\bwindows (20[0-9]{2}) server( r2)?\b"), r"windows server \1\2"),
    (re.compile(r"\bwindows (20[0-9]{2}) ?r2 server\b"), r"windows server \1 r2"),
)
#: How a name begins, in lower case and with single spaces; images of EC2 have a word before it.
_FAMILIES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (family, re.compile(pattern))
    for family, pattern in (
        ("windows", r"(?:microsoftr? |майкрософт |ec2launchv2 |tpm |bios )?" + _WINDOWS),
        ("centos", r"centos(?: linux)?(?: release)? ?" + _LINUX),
        ("rhel", r"(?:red ?hat(?: enterprise linux)?|rhel)(?: server)?(?: release)? ?" + _LINUX),
        ("alinux", r"(?:alibaba cloud linux|aliyun linux|alinux)(?: aliyun linux)?(?: release)? ?" + _LINUX),
        ("anolis", r"anolis ?(?:os)?(?: release)? ?" + _LINUX),
        ("amzn", r"(?:amazon linux(?: release)? ?|amzn(?=2 ami)|al(?=2023 ami))" + _LINUX),
    )
)
# What makes it another product than the catalogue's, another system, or two of them ("CentOS 7/8").
_NOT_A_RELEASE = re.compile(
    r"\b(?:stream|alpha|beta|preview|insider|itanium|ia64|(?<!without )hyper v|storage|multipoint|version"
    r"|ovirt|rhv|rhvh|rhev|rhevh|virtualization|hypervisor|atomic|coreos)\b"
)
_ANOTHER = re.compile(
    r"\b(?:windows|centos|red ?hat|rhel|alibaba|aliyun|anolis|ubuntu|debian|suse|rocky|almalinux|fedora)\b"
    r"|^[0-9]{1,2}(?:\.[0-9]+)?(?![0-9.]| ?(?:bit|位|ビット))"
)
# First match wins: "x86 64" holds "x86", and an ARM system has 64 bits too.
_ARCHITECTURES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("arm64", re.compile(r"(?<![a-z])(?:arm(?:64)?|aarch64)(?![a-z0-9])")),
    ("x86_64", re.compile(r"64 ?(?:bit|位|ビット)|(?<![a-z])(?:x64|amd64|x86 64)(?![a-z0-9])")),
    ("i386", re.compile(r"32 ?(?:bit|位|ビット)|(?<![a-z])(?:i[3-6]86|x86)(?![a-z0-9])")),
)
_EDITIONS: Mapping[str, re.Pattern[str]] = {
    "standard": re.compile(r"standard|标准版|標準版"),
    "enterprise": re.compile(r"enterprise|企业版|企業版"),
    "datacenter": re.compile(r"data ?center|数据中心版|資料中心版"),
    "web": re.compile(r"(?<![a-z])web(?![a-z])"),
    "essentials": re.compile(r"essentials"),
    "foundation": re.compile(r"foundation"),
}
_OTHER_EDITION = re.compile(r"azure|evaluation|评估|評估|評価")
#: Traditional Chinese is another language of Windows than the clouds' Chinese, which is the simplified one.
_TRADITIONAL = re.compile(r"chinese traditional|traditional chinese|繁体|繁體|繁体字")
_TRADITIONAL_TAG = re.compile(r"zh[-_](?:hant|tw|hk|mo)\b")
TRADITIONAL = "zh-hant"
_LANGUAGES: Mapping[str, re.Pattern[str]] = {
    "zh": re.compile(r"chinese|中文|中国語"),
    "en": re.compile(r"english|英文|英語"),
    "ja": re.compile(r"japanese|日文|日本語"),
    "ko": re.compile(r"korean|韩文"),
    "de": re.compile(r"german"),
    "fr": re.compile(r"french"),
    "es": re.compile(r"spanish"),
    "pt": re.compile(r"portuguese"),
    "it": re.compile(r"italian"),
    "ru": re.compile(r"russian"),
}
_LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(?:[-_]|$)")
_LONGEST_WORD = 120
_VERSION_ID = re.compile(r"[0-9]{1,4}(?:\.[0-9]{1,8}){0,3}")


@dataclass(frozen=True)
class Release:
    """What a text says of a system; what it does not say is empty. ``raw`` is the text.

    ``version`` names the minor version as it is written (``7.9``, ``3.2104``); ``edition`` and ``language`` are a
    Windows Server's.
    """

    id: str = UNKNOWN
    version: str = ""
    edition: str = ""
    language: str = ""
    architecture: str = ""
    raw: str = ""


@dataclass(frozen=True)
class Signs:
    """What proves a Linux system beside its name. Sources: docs/how-it-works.md.

    ``generation`` is the major version of the family that a kernel is of. A package is the system's own when its
    release names one of the ``tags`` or one of the ``keys`` signed it (their ids end so); ``both`` are needed where
    one key serves several major versions. ``builders`` are parts of the names of the machines that make its kernels.
    ``share`` is how much of the packages that belong to any system has to be its own.
    """

    generation: int
    tags: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    both: bool = False
    builders: tuple[str, ...] = ()
    share: float = 0.9


_CENTOS, _RED_HAT, _ALIBABA = ("bsys.centos.org",), (".redhat.com",), ("alibaba", "Alibaba")
_ANOLIS_KEYS = ("619140084873f7c5", "6d91c3cf61507e96")
_RED_HAT_KEY = "199e2f91fd431d51"


def _rhel(major: int, *keys: str) -> Signs:
    return Signs(major, (f"el{major}",), (_RED_HAT_KEY, *keys), both=True, builders=_RED_HAT)


#: CentOS names no tag: "el7" is on what others make for it, too. About a tenth of an Anolis OS 8 is tagged "el8".
SIGNS: Mapping[str, Signs] = {
    "centos-6": Signs(6, keys=("0946fca2c105b9de",), builders=_CENTOS),
    "centos-7": Signs(7, keys=("24c6a8a7f4a80eb5", "6c7cb6ef305d49d6"), builders=_CENTOS),
    "centos-8": Signs(8, keys=("05b555b38483c65d",), builders=_CENTOS),
    "rhel-6": _rhel(6),
    "rhel-7": _rhel(7),
    "rhel-8": _rhel(8, "d4082792"),
    "rhel-9": _rhel(9, "5a6340b3"),
    "rhel-10": _rhel(10),
    "alinux-2": Signs(7, ("al7",), ("eb801c41873141a8",), builders=_ALIBABA),
    "alinux-3": Signs(8, ("al8",), ("53fe0598cac33616",), builders=_ALIBABA),
    "anolis-7": Signs(7, ("an7",), _ANOLIS_KEYS),
    "anolis-8": Signs(8, ("an8",), _ANOLIS_KEYS, share=0.8),
    "amzn-2": Signs(7, ("amzn2",), ("11cf1f95c87f5b1a",)),
    "amzn-2023": Signs(9, ("amzn2023",), ("e951904ad832c631",)),
}
#: The tag of a release -> the only system that it is the tag of, and the generation of that system.
GENERATIONS: Mapping[str, int] = {tag: signs.generation for signs in SIGNS.values() for tag in signs.tags}


def is_known(os_id: str) -> bool:
    """Say whether ``os_id`` is a canonical id of the catalogue."""
    return os_id in NAMES


def is_windows(os_id: str) -> bool:
    """Say whether a canonical id names a Windows Server."""
    return os_id.startswith("windows-")


def builds(os_id: str) -> frozenset[str]:
    """Return the build numbers of a Windows Server."""
    return frozenset(build for build, known in _BUILDS.items() if known == os_id)


def is_own(os_id: str, tag: str, key: str) -> bool:
    """Say whether a package with this tag in its release, signed by this key, is one of the system's own."""
    signs = SIGNS[os_id]
    tagged, signed = tag in signs.tags, bool(signs.keys) and key.endswith(signs.keys)
    if signs.both:
        return tagged and signed
    # One key serves several versions of Anolis OS. Their tags tell them apart; "el" is on the packages of many systems.
    return tagged or (signed and (tag.startswith("el") or tag not in GENERATIONS))


def is_foreign(os_id: str, tag: str, key: str) -> bool:
    """Say whether a package is another system's. One that is nobody's, such as EPEL's, says nothing."""
    return not is_own(os_id, tag, key) and any(is_own(other, tag, key) for other in SIGNS)


def unknown_id(os_id: str) -> str:
    """Return the sentence that says that an id is not in the catalogue, and which ids are close to it."""
    close = get_close_matches(os_id, NAMES, 3)
    hint = f"Did you mean {' or '.join(close)}?" if close else f"Known are {', '.join(NAMES)}."
    return f"'{os_id}' is not an operating system id that is known. {hint}"


def read_name(text: str) -> Release:
    """Read a system's name as a cloud, an image or Windows itself writes it, in English or Chinese.

    Examples of texts: ``CentOS  7.9 64 bit``, ``Windows Server  2008 R2 企业版 64位中文版``,
    ``Microsoft Windows Server 2016 Datacenter``, ``Alibaba Cloud Linux  3.2104 LTS 64位``, ``RHEL-9.4.0_HVM-20240605``.
    """
    raw = text[:_LONGEST_NAME]
    words = _ordered(_words(text)) if len(text) <= _LONGEST_NAME else ""
    for family, pattern in _FAMILIES:
        found = pattern.match(words)
        if found:
            return replace(_release(family, found, words[found.end() :].strip()), raw=raw)
    return Release(raw=raw)


def read_os_release(distribution: str, version_id: str, name: str = "") -> Release:
    """Read ``ID``, ``VERSION_ID`` and, to tell what looks alike apart, ``PRETTY_NAME`` of /etc/os-release."""
    raw = (name or f"{distribution} {version_id}")[:_LONGEST_NAME]
    family, number = _DISTRIBUTIONS.get(_unquoted(distribution)), _unquoted(version_id)
    if family is None or not _VERSION_ID.fullmatch(number):
        return Release(raw=raw)
    os_id = f"{family}-{number.split('.')[0]}"
    contradicted = read_name(name).id not in (os_id, UNKNOWN) or _NOT_A_RELEASE.search(_words(name))
    if os_id not in NAMES or contradicted:
        return Release(raw=raw)
    return Release(os_id, _minor(number), raw=raw)


def read_redhat_release(text: str) -> Release:
    """Read /etc/redhat-release: the only place where CentOS names its minor version."""
    found = read_name(text.strip())
    return Release(raw=found.raw) if is_windows(found.id) else found


def read_windows(caption: str, build: str = "", sku: str = "", language: str = "") -> Release:
    """Read what Win32_OperatingSystem says; a build number that belongs to another system makes it unknown."""
    named, build, sku = read_name(caption), build.strip(), sku.strip()
    server = _BUILDS.get(build, UNKNOWN)
    # A desktop system has the same build number as a server; without a caption only the SKU tells them apart.
    os_id = named.id if caption.strip() else server if sku in _SKUS else UNKNOWN
    if not is_windows(os_id) or (build and os_id != server):
        return Release(raw=named.raw)
    return replace(
        named,
        id=os_id,
        edition=_own_edition(named, sku),
        language=_own_language(language.strip()) or named.language,
    )


def _own_edition(named: Release, sku: str) -> str:
    """Return the edition that caption and SKU agree on; one that is none of ours is called as the guest calls it."""
    other = _OTHER_EDITION.search(_words(named.raw))
    if not other and sku in _SKUS:
        return _SKUS[sku]
    if not other and not sku:
        return named.edition
    return f"{named.raw.strip()} (SKU {sku or 'not known'})"[:_LONGEST_WORD].strip()


def _own_language(tag: str) -> str:
    """Return the language of a guest's tag; one that is none is given as the guest wrote it, never guessed."""
    if _TRADITIONAL_TAG.match(tag.lower()):
        return TRADITIONAL
    found = _LANGUAGE_TAG.match(tag.lower())
    return found[1] if found else tag[:_LONGEST_WORD]


def read_ssm(platform_name: str, platform_version: str) -> Release:
    """Read ``PlatformName`` and ``PlatformVersion`` of Systems Manager; Windows' version is its build number."""
    if "windows" not in platform_name.lower():
        return read_name(f"{platform_name} {platform_version}".strip())
    parts = platform_version.strip().split(".")
    return read_windows(platform_name, parts[2] if len(parts) > 2 else parts[-1])


def _words(text: str) -> str:
    """Return the text in lower case, with single spaces between its words and without its typography."""
    plain = _MARKS.sub("", text[:_LONGEST_NAME].translate(_FULL_WIDTH).lower())
    return _SEPARATORS.sub(" ", plain).strip()


def _ordered(words: str) -> str:
    for pattern, usual in _ORDERS:
        words = pattern.sub(usual, words)
    return words


def _unquoted(text: str) -> str:
    return text[:_LONGEST_NAME].strip().strip("\"'").strip().lower()


def _minor(number: str) -> str:
    parts = number.split(".")
    return ".".join(parts[:2]) if len(parts) > 1 else ""


def _release(family: str, found: re.Match[str], rest: str) -> Release:
    if _NOT_A_RELEASE.search(rest) or _ANOTHER.search(rest):
        return Release()
    number = found["number"]
    windows = family == "windows"
    os_id = f"{family}-{number}{_r2(found, rest)}" if windows else f"{family}-{number.split('.')[0]}"
    if os_id not in NAMES:
        return Release()
    architecture = next((name for name, pattern in _ARCHITECTURES if pattern.search(rest)), "")
    if not windows:
        return Release(os_id, _minor(number), architecture=architecture)
    language = TRADITIONAL if _TRADITIONAL.search(rest) else _only(_LANGUAGES, rest)
    return Release(os_id, "", _edition(rest), language, architecture)


def _r2(found: re.Match[str], rest: str) -> str:
    """Return the mark of a second release, which some names put behind the edition; SQL Server has its own."""
    return "r2" if found["r2"] or re.search(r"\br2\b", rest.split("sql")[0]) else ""


def _edition(rest: str) -> str:
    """Return the edition; words after "SQL" name that product's edition, and some editions are none of ours."""
    own = rest.split("sql")[0]
    return "" if _OTHER_EDITION.search(own) else _only(_EDITIONS, own)


def _only(table: Mapping[str, re.Pattern[str]], text: str) -> str:
    found = [name for name, pattern in table.items() if pattern.search(text)]
    return found[0] if len(found) == 1 else ""
