"""How each language's program is built, and started."""

import dataclasses
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / ".cache" / "conformance"


@dataclasses.dataclass(frozen=True)
class Language:
    """Commands are run in the root of the repository."""

    needs: tuple
    run: tuple
    build: tuple = ()
    # What the hub needs besides, e.g. an allowed origin.
    hub: tuple = ()
    # Scenarios that it cannot play.
    without: tuple = ()

    def missing(self):
        return next((tool for tool in self.needs if not shutil.which(tool)), None)

    def prepare(self):
        for command in self.build:
            subprocess.run(command, cwd=ROOT, check=True, shell=isinstance(command, str))


LANGUAGES = {
    "rust": Language(
        needs=("cargo",),
        build=("cargo build --quiet --workspace --bins --examples",),
        run=("target/debug/examples/conformance",),
    ),
    "go": Language(
        needs=("go",),
        build=(f"cd clients/go && go build -o {BUILT}/go ./cmd/conformance",),
        run=(f"{BUILT}/go",),
    ),
    "java": Language(
        needs=("java", "mvn"),
        build=("mvn -q -B -f clients/java package",),
        # Many short lives on few cores: what pays off in a long life is left out.
        run=("java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp",
             "clients/java/target/test-classes:clients/java/target/classes:clients/java/target/lib/*",
             "dev.hintwire.conformance.Main"),
    ),
    "node": Language(
        needs=("node", "npm"),
        build=("npm install --silent --no-audit --no-fund --prefix clients/typescript",),
        run=("node", "clients/typescript/dist/conformance.js"),
    ),
    "browser": Language(
        needs=("node", "npm", "chromium"),
        build=("examples/web/install.sh",),
        run=("node", "examples/web/conformance/main.mjs"),
        hub=("--allowed-origins", "http://127.0.0.1:8001"),
        # A browser has its own list of authorities, and its own way to ask for a certificate.
        without=("tls", "mtls"),
    ),
    "python": Language(
        needs=("python3",),
        build=("clients/python/install.sh",),
        run=(".cache/clients/python/bin/python", "-m", "hintwire.conformance"),
    ),
    # A client that was generated from the first landed proto.
    "first": Language(
        needs=("go",),
        build=("clients/conformance/first.sh",),
        run=(f"{BUILT}/first/program",),
    ),
}
