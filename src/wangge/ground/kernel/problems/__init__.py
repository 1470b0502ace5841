"""Every error a person or a client can meet, one class each.

A problem has a stable code, a Chinese and an English sentence with named gaps, the details that
fill them, and an HTTP status. Codes are never reused; a retired one stays here as a comment.
Doors turn problems into RFC 9457 JSON or into a page; nothing else does.

Each floor's stand in a module of their own; everybody takes them from here.
"""

from __future__ import annotations

from wangge.ground.kernel.problems.doors import (
    BodyTooLarge,
    IdempotencyConflict,
    IdempotencyKeyMissing,
    InputInvalid,
    LiveBusy,
    MethodNotAllowed,
    NotFound,
    NotPermitted,
    NotSignedIn,
    Overloaded,
    PortTaken,
    SignInHeld,
    SignInRefused,
    StorageUnavailable,
    TooManyRequests,
    Unexpected,
)
from wangge.ground.kernel.problems.duties import (
    AlreadyInvolved,
    EntryCountered,
    EntryIsCounter,
    HoldPending,
    MatterPaused,
    MergeImpossible,
    NoAgency,
    NotInvolved,
    NotTheHandler,
    NotYourOwnApproval,
    ReaderWithoutCity,
    StaleAction,
    SurgeState,
    WrongStage,
)
from wangge.ground.kernel.problems.ground import (
    AreaCodeTaken,
    AreaFileUnreadable,
    AreaGridsInvalid,
    AreaListOutdated,
    AreaUnknown,
    PackError,
    PackInvalid,
    PackOutdated,
    PolicyOutdated,
    VaultDamaged,
    VaultLocked,
)
from wangge.ground.kernel.problems.picture import BulletinOutOfOrder, PdfUnavailable, UploadRefused
from wangge.ground.kernel.problems.problem import Problem
from wangge.ground.kernel.problems.upkeep import (
    BackupUnreadable,
    DemoRefused,
    DemoScenarioInvalid,
    DemoTotalsInvalid,
    RestoreRefused,
)

__all__ = [
    "AlreadyInvolved",
    "AreaCodeTaken",
    "AreaFileUnreadable",
    "AreaGridsInvalid",
    "AreaListOutdated",
    "AreaUnknown",
    "BackupUnreadable",
    "BodyTooLarge",
    "BulletinOutOfOrder",
    "DemoRefused",
    "DemoScenarioInvalid",
    "DemoTotalsInvalid",
    "EntryCountered",
    "EntryIsCounter",
    "HoldPending",
    "IdempotencyConflict",
    "IdempotencyKeyMissing",
    "InputInvalid",
    "LiveBusy",
    "MatterPaused",
    "MergeImpossible",
    "MethodNotAllowed",
    "NoAgency",
    "NotFound",
    "NotInvolved",
    "NotPermitted",
    "NotSignedIn",
    "NotTheHandler",
    "NotYourOwnApproval",
    "Overloaded",
    "PackError",
    "PackInvalid",
    "PackOutdated",
    "PdfUnavailable",
    "PolicyOutdated",
    "PortTaken",
    "Problem",
    "ReaderWithoutCity",
    "RestoreRefused",
    "SignInHeld",
    "SignInRefused",
    "StaleAction",
    "StorageUnavailable",
    "SurgeState",
    "TooManyRequests",
    "Unexpected",
    "UploadRefused",
    "VaultDamaged",
    "VaultLocked",
    "WrongStage",
]
