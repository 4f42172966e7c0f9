#!/usr/bin/env python3
"""Writes a software bill of materials, CycloneDX 1.6 as JSON, of what the `hintwire` binary is built from.

    deploy/sbom.py [TARGET] > sbom.json

Cargo says what is there (`cargo metadata --locked`): crates that only tests or builds of others need are left out.
"""

import json
import subprocess
import sys

FORMAT = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1}


def metadata(target):
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def reference(package):
    return f"pkg:cargo/{package['name']}@{package['version']}"


def component(package):
    kind = "application" if package["name"] == "hintwire" else "library"
    said = {
        "type": kind,
        "bom-ref": reference(package),
        "name": package["name"],
        "version": package["version"],
        "purl": reference(package),
    }
    if package["license"]:
        # Old crates write `MIT/Apache-2.0` for a choice.
        said["licenses"] = [{"expression": package["license"].replace("/", " OR ")}]
    if package["repository"]:
        said["externalReferences"] = [{"type": "vcs", "url": package["repository"]}]
    return said


def built_into(found, root):
    """The crates that end up in the binary, each with those that it needs itself."""
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    needs, waiting = {}, [root]
    while waiting:
        crate = waiting.pop()
        if crate in needs:
            continue
        deps = nodes[crate]["deps"]
        normal = [dep["pkg"] for dep in deps if any(kind["kind"] is None for kind in dep["dep_kinds"])]
        needs[crate] = normal
        waiting.extend(normal)
    return needs


def bill(target):
    found = metadata(target)
    packages = {package["id"]: package for package in found["packages"]}
    root = next(id for id, package in packages.items() if package["name"] == "hintwire")
    needs = built_into(found, root)
    crates = sorted((packages[id] for id in needs if id != root), key=lambda p: (p["name"], p["version"]))
    depends = [
        {"ref": reference(packages[id]), "dependsOn": sorted(reference(packages[need]) for need in own)}
        for id, own in needs.items()
    ]
    return FORMAT | {
        "metadata": {"component": component(packages[root])},
        "components": [component(package) for package in crates],
        "dependencies": sorted(depends, key=lambda entry: entry["ref"]),
    }


if __name__ == "__main__":
    target = sys.argv[1] if len(sys.argv) > 1 else "x86_64-unknown-linux-gnu"
    json.dump(bill(target), sys.stdout, indent=2)
    print()
