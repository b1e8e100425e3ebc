"""--every-cut: a test is run once to count the flash operations of its chip, then again with the power cut at each of them."""

from _pytest.runner import runtestprotocol

KINDS = ("before", "after", "prefix", "random-bits", "half-done", "unstable")


class Cuts:
    """What the present run of a test does to the chip's power."""

    def __init__(self, enabled: bool = False, kind: str = "half-done", stride: int = 1, only: str | None = None):
        self.enabled = enabled or only is not None
        self.kind = kind
        self.stride = stride
        self.only = only  # OPERATION:KIND, as a failure has named it
        self.counted = 0  # operations of the run that has just ended
        self.target: str | None = only

    def option(self, operations: int) -> list[str]:
        """For `esb vchip run`, which counts from its power-on, of a chip that has done so many operations."""
        if self.target is None:
            return []
        number, _, how = self.target.partition(":")
        left = int(number) - operations
        return ["--cut", f"{left}:{how}"] if left > 0 else []

    def targets(self, operations: int) -> list[str]:
        # The seed is that of the tear.
        return [f"{number}:{self.kind}:{number}" for number in range(1, operations + 1, self.stride)]


def run_protocol(item, nextitem, cuts: Cuts) -> tuple[list, str]:
    """The reports of the first run that fails, or of the last; and what to say about it."""
    cuts.target, cuts.counted = cuts.only, 0
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    if cuts.only or any(not report.passed for report in reports):
        return reports, f"power cut at flash operation {cuts.only}" if cuts.only else "no cut yet"
    targets = cuts.targets(cuts.counted)
    for cuts.target in targets:
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
        if any(report.failed for report in reports):
            for report in reports:
                if report.failed:
                    report.sections.append(("power cut", f"at flash operation {cuts.target}; this one again: --cut {cuts.target}"))
            return reports, f"failed with the cut {cuts.target}"
    return reports, f"{len(targets)} cuts ({cuts.kind}) in {max(targets_of(targets), default=0)} flash operations"


def targets_of(targets: list[str]) -> list[int]:
    return [int(target.partition(":")[0]) for target in targets]
