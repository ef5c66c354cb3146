# Copyright (c) 2026 evergreen.os_migration contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Alibaba Cloud's error codes mean for a caller, and what a user can do about them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto

_NO_ROOM_FOR_TAGS = "Remove tags of the resource that are no longer needed: it has as many as it can have."
REMEDIES: tuple[tuple[str, str], ...] = (
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
    ("QuotaExceed.Tags", _NO_ROOM_FOR_TAGS),
    ("OperationDenied.QuotaExceed", _NO_ROOM_FOR_TAGS),
    ("NumberExceed.Tags", _NO_ROOM_FOR_TAGS),
    ("OperationDenied.NoStock", "Run again later, or choose another zone or type: there is no stock of it now."),
    ("QuotaExceed", "Delete what is no longer needed, or ask the provider for a higher quota."),
    ("InvalidAccountStatus.SnapshotServiceUnavailable", "Activate the snapshot service for the account."),
    ("InvalidAccountStatus", "Settle the account's balance with the provider."),
    ("InvalidRegionId", "Check the region; ECS has no such region."),
    ("SDK.EndpointResolvingError", "Check the region and the endpoint."),
    (
        "SDK.HttpError",
        "Check the endpoint (alicloud.endpoint, in roles endpoint of os_migration_alicloud; without it the region's "
        "own), and that this machine reaches it.",
    ),
    ("InvalidAnswer", "Check the endpoint and what stands before it: this was no answer of the API."),
    ("Throttling", "Run again later: other users of the account have used up the API's quota."),
    ("InstanceLockedForSecurity", "Clear the security lock of the instance in the provider's console."),
    ("ReplicationJobName.Duplicate", "Look at that job in the SMC console, delete it if it is over, and run again."),
    ("SystemBusy", "Run again later: the service says that it is busy."),
    ("IncorrectDiskStatus.Invalid", "Restart the instance, look at the disk in the ECS console, and run again."),
    ("IncorrectDiskStatus.Never", "Use the disk once in the guest, or detach it, and run again."),
    (
        "IncorrectDiskStatus",
        "Look in the ECS console at what is under way for the disk, and run again when it is over.",
    ),
    ("DISK_HAS_CREATING_SNAPSHOT", "Wait until the disk's snapshot is accomplished, and run again."),
    ("NotShownYet", "Run again: what was made just now was not shown in time, and the next run finds it."),
    ("StackLimitExceeded", "Delete stacks that are no longer needed, or ask the provider for a higher quota."),
    ("StackExists", "Choose another name, or look at the stack of this name in the ROS console."),
    ("ActionInProgress", "Look in the ROS console at what is done with the stack, and run again when it is over."),
    ("StackValidationFailed", "Correct the template or its parameters; the message says what is wrong."),
    ("InvalidTemplate", "Correct the template; the message says what is wrong and where."),
    ("CircularDependency", "Correct the template: these resources wait for each other."),
    ("UserParameterMissing", "Give the parameter in parameters or secret_parameters of the stack."),
    ("UnknownUserParameter", "Leave the parameter out, or name it as the template does."),
    ("DependencyViolation", "Delete or move what still uses the resource, and run again."),
    ("InvalidInstance", "Check that the instance is running and that its agent is online."),
)

#: No answer came, or not in time.
UNREACHED = "SDK.HttpError"
#: What came is no answer of the API, whatever its HTTP status: a proxy's page, or an object without what it must hold.
UNREADABLE = "InvalidAnswer"
#: Our own word for an answer that does not show yet what was made just now.
UNSHOWN = "NotShownYet"
#: What the SDK calls an error without a code.
NO_CODE = "SDK.UnknownServerError"


class Meaning(Enum):
    """What an error says of the call that got it.

    The first three mean "later": the action is THROTTLED for everybody, a FAULT of the service or the network passes,
    or the resource has MOVED to a state in which the call is not possible now. Of the rest CALLER refuses who asks,
    whatever is asked for; TAKEN: what is to be made is there already, and GONE: what is to be deleted is not. APART:
    what the call names is not taken together, in this region or at all.
    """

    THROTTLED = auto()
    FAULT = auto()
    MOVED = auto()
    CALLER = auto()
    TAKEN = auto()
    GONE = auto()
    APART = auto()
    FINAL = auto()


_ANY = "error codes of every action"
_SNAPSHOT, _RESET, _POWER = "CreateSnapshot", "ResetDisk", "StartInstances, StopInstances"
_GROUP = "CreateSnapshotGroup"
#: Code, meaning, and where it is documented. A code counts for those that go on after a dot, unless a longer one is
#: there; with a star it counts for all that begin so.
CODES: tuple[tuple[str, Meaning, str], ...] = (
    ("Throttling*", Meaning.THROTTLED, f"{_ANY}: Throttling, Throttling.User, Throttling.Api, Throttling.Resource"),
    ("SystemBusy", Meaning.FAULT, "in no table of ECS and SMC; the provider's own Terraform provider repeats it"),
    (UNREACHED, Meaning.FAULT, "the SDK's word for no answer"),
    (UNREADABLE, Meaning.FAULT, "our own word for what is no answer of the API"),
    ("ServiceUnavailable", Meaning.FAULT, f"{_ANY}, 500 and 503"),
    ("InternalError", Meaning.FAULT, f"{_ANY}, 400 and 500; InternalError.Dispatch of RunCommand"),
    (UNSHOWN, Meaning.MOVED, "our own word: lists may lack what was made just now"),
    ("IdempotentProcessing", Meaning.FAULT, f"{_SNAPSHOT}: the same request is still at work"),
    ("IncorrectInstanceStatus", Meaning.MOVED, f"{_SNAPSHOT}, {_RESET}, {_POWER}"),
    ("InstanceNotReady", Meaning.MOVED, f"{_POWER}: try again later"),
    ("OperationDenied.HostRepairing", Meaning.MOVED, "StartInstances: while the host is being repaired"),
    ("InvalidOperation.Conflict", Meaning.MOVED, f"{_POWER}, 409: please try again later"),
    ("Operation.Conflict", Meaning.MOVED, f"{_RESET}, DeleteSnapshot: conflicts with other operations"),
    ("InvalidOperation.DiskResetInProgress", Meaning.MOVED, f"{_RESET}: please try again later"),
    ("InvalidOperation.RelatedSnapshotNotFinished", Meaning.MOVED, "DeleteSnapshot"),
    ("InvalidSnapshotId.NotReady", Meaning.MOVED, f"{_RESET}: the snapshot is being created"),
    (
        "IncorrectDiskStatus",
        Meaning.MOVED,
        f"{_SNAPSHOT}, {_RESET}: CreatingSnapshot, Transferring, HasUnfinishedSnapshot",
    ),
    ("IncorrectDiskStatus.Invalid", Meaning.FINAL, f"{_SNAPSHOT}: restart the instance and try again"),
    ("IncorrectDiskStatus.NeverAttached", Meaning.FINAL, f"{_SNAPSHOT}: never attached since it was made"),
    ("IncorrectDiskStatus.NeverUsed", Meaning.FINAL, f"{_SNAPSHOT}: never used since it was made"),
    ("IncorrectVolumeStatus", Meaning.MOVED, f"{_SNAPSHOT}: the state of shared storage"),
    ("DISK_HAS_CREATING_SNAPSHOT", Meaning.MOVED, _SNAPSHOT),
    ("CreateSnapshot.Failed", Meaning.MOVED, f"{_SNAPSHOT}: creating it failed; which says nothing of the next try"),
    ("ReplicationJob.InvalidStatus", Meaning.MOVED, "Start-, Stop- and DeleteReplicationJob"),
    ("ReplicationJob.InvalidBusinessStatus", Meaning.MOVED, "of a job in a stage that does not allow the call"),
    ("SourceServerState.Invalid", Meaning.MOVED, "Create- and StartReplicationJob, DeleteSourceServer"),
    ("ReplicationJob.Related", Meaning.MOVED, "DeleteSourceServer: a job of the source is there, deleted just now"),
    ("SourceServer.WithRunningReplicationJob", Meaning.MOVED, "DeleteSourceServer"),
    ("ReplicationJobName.Duplicate", Meaning.TAKEN, "CreateReplicationJob"),
    ("StackExists", Meaning.TAKEN, "CreateStack, 409"),
    ("ActionInProgress", Meaning.MOVED, "DeleteStack, 409"),
    ("StackNotFound", Meaning.GONE, "GetStack, DeleteStack"),
    ("IdempotentParameterMismatch", Meaning.TAKEN, f"{_SNAPSHOT}: the token was used with other parameters"),
    ("IdempotenceParamNotMatch", Meaning.TAKEN, "CreateImage: the same"),
    ("SnapshotCreatedImage", Meaning.MOVED, "DeleteSnapshot: an image is made of it, which has to be deleted first"),
    ("ImageUsingByInstance", Meaning.MOVED, "DeleteImage: instances that are being released still use it"),
    ("DependencyViolation", Meaning.MOVED, "DeleteSecurityGroup: instances that are being released are still in it"),
    ("InvalidImageName.Duplicated", Meaning.TAKEN, "CreateImage"),
    ("DiskCategory.OperationNotSupported", Meaning.APART, f"{_GROUP}: a disk is no ESSD"),
    ("InvalidRegion.NotSupport", Meaning.APART, f"{_GROUP}: not in this region"),
    ("InvalidOperation.MultiAttachDisk", Meaning.APART, f"{_GROUP}: a disk that several instances share"),
    ("InvalidDisk.ShareVolume", Meaning.APART, f"{_GROUP}: the same"),
    ("InvalidDisk.DiskCategoryInconsistent", Meaning.APART, f"{_GROUP}: regional ESSDs are taken with their like only"),
    ("InvalidDiskIds.NotInSameZone", Meaning.APART, _GROUP),
    ("NumberExceed.TooManyDisks", Meaning.APART, f"{_GROUP}: 16 disks"),
    ("CapacityExceed.TooManyDisks", Meaning.APART, f"{_GROUP}: 32 TiB"),
    ("UserNotInTheWhiteList", Meaning.APART, _GROUP),
    ("InvalidSnapshotId.NotFound", Meaning.GONE, "DeleteSnapshot"),
    ("InvalidSnapshotGroup.NotFound", Meaning.GONE, "DeleteSnapshotGroup"),
    ("InvalidInstanceId.NotFound", Meaning.GONE, "DeleteInstances"),
    ("InvalidSecurityGroupId.NotFound", Meaning.GONE, "DeleteSecurityGroup"),
    ("InvalidAccessKeyId", Meaning.CALLER, _ANY),
    ("SignatureDoesNotMatch", Meaning.CALLER, _ANY),
    ("IncompleteSignature", Meaning.CALLER, _ANY),
    ("InvalidSecurityToken", Meaning.CALLER, _ANY),
    ("InvalidTimeStamp", Meaning.CALLER, _ANY),
    ("IllegalTimestamp", Meaning.CALLER, _ANY),
    ("SDK.EndpointResolvingError", Meaning.CALLER, "the SDK's word for a region without an endpoint"),
    ("InvalidRegionId", Meaning.CALLER, _ANY),
    ("Forbidden", Meaning.CALLER, f"{_ANY}: Forbidden.RAM, Forbidden.Unauthorized"),
    ("NoPermission", Meaning.CALLER, "RAM and STS"),
)
_BY_CODE: Mapping[str, Meaning] = {code: meaning for code, meaning, _source in CODES if not code.endswith("*")}
_BY_START: Mapping[str, Meaning] = {code[:-1]: meaning for code, meaning, _source in CODES if code.endswith("*")}


def remedy_for(code: str) -> str:
    """Return what to do about an error code; the first matching prefix counts."""
    known = (remedy for prefix, remedy in REMEDIES if code.startswith(prefix))
    return next(known, "See the provider's documentation of this error code.")


def meaning_of(code: str, status: int = 0) -> Meaning:
    """Return what an error code means; what is in no table is a fault when the HTTP status says so."""
    for begin, meaning in _BY_START.items():
        if code.startswith(begin):
            return meaning
    known = code
    while known not in _BY_CODE and "." in known:
        known = known.rpartition(".")[0]
    return _BY_CODE.get(known) or (Meaning.FAULT if status >= 500 else Meaning.FINAL)


def is_later(code: str) -> bool:
    """Say whether the same call may be possible later."""
    return meaning_of(code) in (Meaning.THROTTLED, Meaning.FAULT, Meaning.MOVED)
