# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Alibaba Cloud's error codes mean for a caller, and what a user can do about them."""

from __future__ import annotations

_REMEDIES: tuple[tuple[str, str], ...] = (
    ("InvalidAccessKeyId", "Check the access key: it does not exist or is disabled."),
    ("SignatureDoesNotMatch", "Check the secret key: it does not belong to the access key."),
    ("IncompleteSignature", "Check the secret key: it does not belong to the access key."),
    ("InvalidSecurityToken.Expired", "Get a new security token; the one given has expired."),
    ("InvalidSecurityToken", "Check the security token, and that it belongs to the access key."),
    ("InvalidTimeStamp", "Set this machine's clock; requests are valid for 15 minutes only."),
    ("IllegalTimestamp", "Set this machine's clock; requests are valid for 15 minutes only."),
    ("Forbidden", "Grant the RAM user the permission for this action; see the documentation's page on permissions."),
    ("NoPermission", "Grant the RAM user the permission for this action; see the documentation's page on permissions."),
    ("EntityNotExist.Role", "Authorise SMC once in its console, so that its service role exists."),
    ("InvalidOsMigrationType", "Check smc.target_parameter, target_location and target_values against what SMC lists."),
    ("QuotaExceed", "Delete what is no longer needed, or ask the provider for a higher quota."),
    ("InvalidAccountStatus.SnapshotServiceUnavailable", "Activate the snapshot service for the account."),
    ("InvalidAccountStatus", "Settle the account's balance with the provider."),
    ("InvalidRegionId", "Check the region; ECS has no such region."),
    ("SDK.EndpointResolvingError", "Check the region and the endpoint."),
    ("SDK.HttpError", "Check the endpoint and that this machine reaches it."),
    ("InvalidAnswer", "Check the endpoint and what stands before it: this was no answer of the API."),
    ("Throttling", "Run again later: other users of the account have used up the API's quota."),
    ("InstanceLockedForSecurity", "Clear the security lock of the instance in the provider's console."),
    ("ReplicationJobName.Duplicate", "Look at that job in the SMC console, delete it if it is over, and run again."),
    ("InvalidInstance", "Check that the instance is running and that its agent is online."),
)

#: No answer came, or not in time.
UNREACHED = "SDK.HttpError"
#: What came is no answer of the API, whatever its HTTP status: a proxy's page, or an object without what it must hold.
UNREADABLE = "InvalidAnswer"
#: What the SDK calls an error without a code.
NO_CODE = "SDK.UnknownServerError"
_FAULTS = (UNREACHED, UNREADABLE, "ServiceUnavailable", "InternalError", "IdempotentProcessing")
_REFUSALS = (
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "InvalidSecurityToken",
    "InvalidTimeStamp",
    "IllegalTimestamp",
    "SDK.EndpointResolvingError",
    "InvalidRegionId",
    "Forbidden",
    "NoPermission",
)
_MOVED = (
    "IncorrectInstanceStatus",
    "IncorrectDiskStatus",
    "ReplicationJob.InvalidStatus",
    "SourceServerState.Invalid",
    "ReplicationJob.InvalidBusinessStatus",
    "InvalidOperation.Conflict",
    "Operation.Conflict",
)
# What is to be made is there already, under its name or its token.
_TAKEN = ("ReplicationJobName.Duplicate", "IdempotentParameterMismatch", "IdempotenceParamNotMatch")
_GONE = ("InvalidSnapshotId.NotFound",)


def remedy_for(code: str) -> str:
    """Return what to do about an error code; the first matching prefix counts."""
    known = (remedy for prefix, remedy in _REMEDIES if code.startswith(prefix))
    return next(known, "See the provider's documentation of this error code.")


def is_throttling(code: str) -> bool:
    """Say whether the code is a rate limit; there are several (``Throttling``, ``Throttling.User`` …)."""
    return code.startswith("Throttling")


def is_fault(code: str, status: int) -> bool:
    """Say whether the same call may go through later."""
    return status >= 500 or code.startswith(_FAULTS)


def is_refusal_of_caller(code: str) -> bool:
    """Say whether the code speaks of the caller, so that asking for each instance alone would not help."""
    return code.startswith(_REFUSALS)


def is_moved(code: str) -> bool:
    """Say whether the resource is in another state than the call needs."""
    return code.startswith(_MOVED)


def is_taken(code: str) -> bool:
    """Say whether the name or the token of what is to be made was used before."""
    return code.startswith(_TAKEN)


def is_gone(code: str) -> bool:
    """Say whether what is to be deleted does not exist."""
    return code.startswith(_GONE)
