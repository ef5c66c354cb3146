# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an account's user chose: how it is reached, and how its migration service is spoken to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..options import SHORTEST_SECRET


@dataclass(frozen=True)
class Connection:
    """How to reach one account. ``endpoints`` maps a service to a URL; ``*`` stands for every service.

    ``visibility`` is how long a write may not be seen in reads, in seconds.
    """

    access_key: str
    secret_key: str
    security_token: str
    endpoints: Mapping[str, str]
    validate_certs: bool = True
    timeout: int = 30
    visibility: float = 15.0

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what must never be shown."""
        return tuple(secret for secret in (self.secret_key, self.security_token) if len(secret) >= SHORTEST_SECRET)


@dataclass(frozen=True)
class Transport:
    """How the target OS and a drill are named to the migration service, and how sources are imported (see docs)."""

    target_parameter: str
    target_location: str
    target_values: Mapping[str, str]
    import_commands: Mapping[str, str]
    abort_commands: Mapping[str, str] = field(default_factory=dict)
    activation_code: str = ""
    drill_parameter: str = ""
    drill_location: str = "query"
    drill_values: Mapping[str, str] = field(default_factory=dict)


#: What reaches the provider's own services inside a VPC: its agent's server, name service, time, mirrors, SMC.
SERVICES_OF_THE_VPC = "100.64.0.0/10"


@dataclass(frozen=True)
class Egress:
    """A rule: what a clone may reach."""

    cidr: str
    protocol: str
    ports: str


_OWN_SERVICES = (
    *(Egress(SERVICES_OF_THE_VPC, "TCP", ports) for ports in ("80/80", "443/443")),
    *(Egress(SERVICES_OF_THE_VPC, "UDP", ports) for ports in ("53/53", "123/123")),
)


@dataclass(frozen=True)
class Cloning:
    """How clones are made: what they may reach, and where they are if not beside their originals."""

    egress: Sequence[Egress] = _OWN_SERVICES
    vswitch_id: str = ""
    instance_type: str = ""
