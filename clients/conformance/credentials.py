"""What lets a program in: authorities and certificates, made with openssl, and tokens with the files that list them."""

import asyncio
import hashlib
import os
import secrets

POLICY = '[[rule]]\nprincipals = ["*"]\nallow = { read = ["**"], publish = ["**"] }\n'


async def openssl(*words):
    pipe = asyncio.subprocess.PIPE
    made = await asyncio.create_subprocess_exec("openssl", *map(str, words), stdout=pipe, stderr=pipe)
    _, said = await made.communicate()
    if made.returncode:
        raise RuntimeError(f"openssl {words[0]}: {said.decode()}")


class Authority:
    """It signs certificates, each in a file beside its key."""

    def __init__(self, folder, name):
        self._folder, self._name = folder, name
        self.file, self._key = folder / f"{name}.pem", folder / f"{name}.key"

    async def make(self):
        """Makes its own certificate."""
        await self._make(self.file, self._key, f"/CN={self._name}", "basicConstraints=critical,CA:TRUE")
        return self

    async def _make(self, file, key, subject, *extensions, signed=()):
        said = [word for extension in extensions for word in ("-addext", extension)]
        await openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2,
                      "-subj", subject, "-keyout", key, "-out", file, *said, *signed)

    async def issue(self, name, names):
        """A certificate for names, e.g. `IP:127.0.0.1`; it and its key."""
        file, key = self._folder / f"{self._name}-{name}.pem", self._folder / f"{self._name}-{name}.key"
        await self._make(file, key, f"/CN={name}", f"subjectAltName={names}", "basicConstraints=critical,CA:FALSE",
                         "extendedKeyUsage=serverAuth,clientAuth", signed=("-CA", self.file, "-CAkey", self._key))
        return file, key


async def served_by(authority):
    """The settings of a hub with a certificate of an authority."""
    certificate, key = await authority.issue("hub", "IP:127.0.0.1")
    return "--tls-certificate", certificate, "--tls-key", key


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
        """A new token, which counts from the hub's next start on."""
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
