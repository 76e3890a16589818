"""prometheus.py [NAME{LABELS}=VALUE...]: reads metrics from standard input as Prometheus's text format
has them, strictly, and complains of what it would, or what its `promtool check metrics` would; then
of samples that are not as named."""
import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(\{{(?:{LABEL}(?:,{LABEL})*)?\}})? (\S+)")
TYPES = {"counter", "gauge", "histogram", "summary", "untyped"}


def family_of(name, families):
    """The family that a sample belongs to: a histogram's samples have suffixes."""
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return base if families.get(base, {}).get("type") == "histogram" else name


def check_histogram(name, samples):
    buckets = [(float(re.search(r'le="([^"]+)"', labels)[1]), value)
               for (sample, labels), value in samples.items() if sample == f"{name}_bucket"]
    assert buckets and buckets[-1][0] == float("inf"), f"{name}: no bucket +Inf at the end"
    assert buckets == sorted(buckets), f"{name}: buckets that do not grow"
    assert buckets[-1][1] == samples[f"{name}_count", ""], f"{name}: +Inf is not the count"
    assert (f"{name}_sum", "") in samples, f"{name}: no sum"


def parse(text):
    families, samples, current = {}, {}, None
    assert text.endswith("\n"), "no newline at the end"
    for line in text.splitlines():
        if line.startswith("# "):
            _, kind, name, rest = line.split(" ", 3)
            family = families.setdefault(name, {})
            assert kind in ("HELP", "TYPE"), line
            assert kind.lower() not in family, f"twice: {line}"
            assert kind == "HELP" or rest in TYPES, line
            assert "samples" not in family, f"after its samples: {line}"
            family[kind.lower()] = rest
            current = name
            continue
        match = SAMPLE.fullmatch(line)
        assert match, f"no sample: {line}"
        name, labels, value = match[1], match[2] or "", float(match[3])
        family = family_of(name, families)
        assert family == current, f"not with its family: {line}"
        assert {"help", "type"} <= families[family].keys(), f"no HELP or TYPE: {line}"
        families[family]["samples"] = True
        assert (name, labels) not in samples, f"twice: {line}"
        samples[name, labels] = value
    for name, family in families.items():
        assert family.get("samples"), f"{name} has no samples"
        assert (family["type"] == "counter") == name.endswith("_total"), f"{name}: {family['type']}"
        if family["type"] == "histogram":
            check_histogram(name, samples)
    return samples


def main():
    samples = {name + labels: value for (name, labels), value in parse(sys.stdin.read()).items()}
    for wish in sys.argv[1:]:
        name, value = re.fullmatch(r"(.*)=([^=]*)", wish).groups()
        assert samples.get(name) == float(value), f"{name}: {samples.get(name)}, not {value}"


main()
