"""What lets a program in: authorities and certificates, made with openssl, and tokens with the files that list them."""

import hashlib
import os
import secrets
import subprocess

POLICY = '[[rule]]\nprincipals = ["*"]\nallow = { read = ["**"], publish = ["**"] }\n'


def openssl(*words):
    made = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True)
    if made.returncode:
        raise RuntimeError(f"openssl {words[0]}: {made.stderr}")


class Authority:
    """It signs certificates, each in a file beside its key."""

    def __init__(self, folder, name):
        self._folder, self._name = folder, name
        self.file, self._key = folder / f"{name}.pem", folder / f"{name}.key"
        self._make(self.file, self._key, f"/CN={name}", "basicConstraints=critical,CA:TRUE")

    def _make(self, file, key, subject, *extensions, signed=()):
        said = [word for extension in extensions for word in ("-addext", extension)]
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                "-subj", subject, "-keyout", key, "-out", file, *said, *signed)

    def issue(self, name, names):
        """A certificate for names, e.g. `IP:127.0.0.1`; it and its key."""
        file, key = self._folder / f"{self._name}-{name}.pem", self._folder / f"{self._name}-{name}.key"
        self._make(file, key, f"/CN={name}", f"subjectAltName={names}", "basicConstraints=critical,CA:FALSE",
                   "extendedKeyUsage=serverAuth,clientAuth", signed=("-CA", self.file, "-CAkey", self._key))
        return file, key


class Tokens:
    """An auth file, and a policy that lets whoever it lists do everything."""

    def __init__(self, folder):
        self._auth, self._policy = folder / "auth.toml", folder / "policy.toml"
        self._policy.write_text(POLICY)
        self._listed = {}
        self._write()

    @property
    def settings(self):
        return "--auth", self._auth, "--policy", self._policy

    def add(self, name):
        """A new token that counts from the next reload on."""
        token = f"hintwire_{secrets.token_urlsafe(32)}"
        self._listed[name] = hashlib.sha256(token.encode()).hexdigest()
        self._write()
        return token

    def remove(self, name):
        del self._listed[name]
        self._write()

    def _write(self):
        tokens = (f'[[token]]\nname = "{name}"\nsha256 = "{hash}"\n' for name, hash in self._listed.items())
        replace(self._auth, "".join(tokens))


def replace(file, text):
    """Replaces a file as a whole: nobody reads a part of it."""
    new = file.with_suffix(".new")
    new.write_text(text)
    os.replace(new, file)
