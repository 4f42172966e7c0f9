"""Generates hintwire/v1 from the proto, then builds as pyproject.toml says."""

import sys
from pathlib import Path

from setuptools import setup

HERE = Path(__file__).resolve().parent
PROTO = HERE.parent.parent / "proto"


def generate():
    """Writes the stubs. A source distribution has them already, and no proto beside it."""
    import grpc_tools
    from grpc_tools import protoc

    well_known = Path(grpc_tools.__file__).parent / "_proto"
    (HERE / "hintwire" / "v1").mkdir(exist_ok=True)
    out = [f"--{kind}_out={HERE}" for kind in ("python", "pyi", "grpc_python")]
    if protoc.main(["protoc", f"-I{PROTO}", f"-I{well_known}", *out, "hintwire/v1/hub.proto"]) != 0:
        sys.exit("protoc failed")
    (HERE / "hintwire" / "v1" / "__init__.py").touch()


if PROTO.is_dir():
    generate()
setup()
