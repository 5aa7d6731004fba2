"""Compares the judges' verdicts, and holds the differences against `differences.toml`."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

OURS = "passband"
FORMATS = ("none", "packed", "tpm", "android-key", "apple", "fido-u2f", "assertion")


def group(case: dict) -> str:
    return case["format"] if case["format"] in FORMATS else "other"


@dataclass
class Explained:
    """One entry of `differences.toml`: who sees these cases otherwise than we do, how often, and why."""

    cases: list[str]
    section: str
    why: str
    accepts: dict[str, int] = field(default_factory=dict)
    refuses: dict[str, int] = field(default_factory=dict)

    def covers(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self.cases)


class Comparison:
    """What came of one run."""

    def __init__(self, cases: list[dict], verdicts: dict[str, dict[str, dict]], explained: list[Explained]):
        self.cases, self.verdicts, self.explained = cases, verdicts, explained
        self.faults: list[str] = []
        self.wrong: list[str] = []
        self.differing: set[str] = set()
        self.counts = [{"accepts": Counter(), "refuses": Counter()} for _ in explained]
        self.used: dict[tuple[int, str], bool] = defaultdict(bool)
        for case in cases:
            self.expectation(case)
            self.differences(case)
        self.stale()

    def expectation(self, case: dict) -> None:
        """A mutation says what has to come of it, and for which reason."""
        ours = self.verdicts[OURS].get(case["name"])
        if ours is None:
            self.faults.append(f"{case['name']}: no verdict of ours")
            return
        got = "accept" if ours["accepts"] else ours["code"]
        wanted = case.get("expect", got)
        if wanted == got:
            return
        if got == "accept":
            self.wrong.append(case["name"])
            self.faults.append(f"{case['name']}: WRONG ACCEPT, has to be refused with {wanted}")
        else:
            self.faults.append(f"{case['name']}: expected {wanted}, got {got}")

    def differences(self, case: dict) -> None:
        name = case["name"]
        ours = self.verdicts[OURS].get(name)
        for judge, verdicts in self.verdicts.items():
            theirs = verdicts.get(name)
            if judge == OURS or theirs is None or ours is None or theirs["accepts"] == ours["accepts"]:
                continue
            self.differing.add(name)
            way = "accepts" if theirs["accepts"] else "refuses"
            covering = [
                at
                for at, entry in enumerate(self.explained)
                if judge in getattr(entry, way) and entry.covers(name)
            ]
            reason = theirs.get("why") or ours.get("code")
            if len(covering) != 1:
                said = "not explained" if not covering else "explained twice"
                self.faults.append(f"{name}: {judge} {way} it, we do not ({reason}): {said}")
            for at in covering:
                self.counts[at][way][judge] += 1
                for pattern in self.explained[at].cases:
                    self.used[at, pattern] |= fnmatchcase(name, pattern)

    def stale(self) -> None:
        """An explanation of nothing would hide the next difference."""
        for at, entry in enumerate(self.explained):
            for pattern in entry.cases:
                if not self.used[at, pattern]:
                    self.faults.append(f"differences.toml explains {pattern}, where nobody differs")
            for way in ("accepts", "refuses"):
                for judge, count in getattr(entry, way).items():
                    found = self.counts[at][way][judge]
                    if found != count:
                        said = f"{judge} {way} {found} of these cases, not {count}"
                        self.faults.append(f"differences.toml, {entry.cases[0]}: {said}")

    def table(self) -> str:
        columns = ("format", "cases", "w3c", "captures", "mutations", "agreed", "explained", "wrong accepts")
        rows = [columns]
        for fmt in [*FORMATS, "other", "all"]:
            chosen = [case for case in self.cases if fmt in (group(case), "all")]
            sources = Counter(case["source"] for case in chosen)
            differing = sum(case["name"] in self.differing for case in chosen)
            wrong = sum(case["name"] in self.wrong for case in chosen)
            numbers = (
                len(chosen),
                sources["w3c"],
                sources["capture"],
                sources["mutation"],
                len(chosen) - differing,
                differing,
                wrong,
            )
            rows.append((fmt, *map(str, numbers)))
        widths = [max(len(row[at]) for row in rows) for at in range(len(columns))]
        return "\n".join(
            "  ".join(
                text.ljust(width) if at == 0 else text.rjust(width)
                for at, (text, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in rows
        )

    def by_judge(self) -> str:
        lines = []
        for judge, verdicts in self.verdicts.items():
            if judge == OURS:
                continue
            ways = Counter()
            for name, theirs in verdicts.items():
                ours = self.verdicts[OURS].get(name)
                if ours is not None and ours["accepts"] != theirs["accepts"]:
                    ways["accepts" if theirs["accepts"] else "refuses"] += 1
            more, fewer = ways["accepts"], ways["refuses"]
            counts = f"accepts {more} that we refuse, refuses {fewer} that we accept"
            lines.append(f"{judge}: judged {len(verdicts)}, {counts}")
        return "\n".join(lines)
