"""What came of each step beside what was expected, a line each."""


class Transcript:
    def __init__(self, expected):
        # From the name of a step to (whether it works, a part of what is said).
        self.expected, self.told, self.differences = expected, set(), 0

    def tell(self, step, works, detail):
        detail = " ".join(str(detail).split())
        wanted = self.expected.get(step)
        good = wanted is not None and step not in self.told and wanted[0] == works and wanted[1] in detail
        self.told.add(step)
        shown = detail if len(detail) <= 150 else detail[:147] + "..."
        print(f"{' ' if good else '!'} {step:<34} {'ok' if works else 'refused':<8} {shown}", flush=True)
        if not good:
            self.differences += 1
            print("! expected:", "no such step" if wanted is None else wanted)

    def attempt(self, step, act):
        """Takes a step whose failure is an exception; what it returned is what is said."""
        try:
            detail = act()
        except Exception as error:  # noqa: BLE001: whatever the client throws is its answer
            self.tell(step, False, f"{type(error).__name__}: {error}")
        else:
            self.tell(step, True, detail)

    def end(self):
        missing = [step for step in self.expected if step not in self.told]
        for step in missing:
            print(f"! {step:<34} never taken")
        print(f"{len(self.told)} steps, {len(self.told) - self.differences} of {len(self.expected)} as expected")
        return self.differences + len(missing)
