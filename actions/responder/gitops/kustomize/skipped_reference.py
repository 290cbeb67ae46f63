"""What a build could not follow, and the reasons that are looked for again later."""

from dataclasses import dataclass

NOT_FOLLOWED = "is not followed"  # what can change objects in ways that are not known here
NO_FOLDER = "there is no folder"  # how the reason begins where a Flux Kustomization names one that is not here
UNREADABLE = "cannot be read"
OTHER_SOURCE = "is another source"  # part of the reason where a Flux Kustomization applies another repository


@dataclass(frozen=True, kw_only=True, order=True)
class SkippedReference:
    """A reference that could not be followed, the file that contains it, and the reason."""

    file: str
    reference: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.reference} ({self.reason})"
