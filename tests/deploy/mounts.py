"""The files that Secrets and volumes would be, for a relay that runs here with the variables of the manifests."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.relay.certificates import Authority

CALLER = "a-token-of-a-caller"


def contents() -> dict[str, bytes]:
    """Return the content of each file, by the path at which the pod has it."""
    authority = Authority("deploy")
    pair = authority.issue("relay")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return {
        "/run/secrets/callers/callers.yaml": f"prod: {CALLER}\n".encode(),
        "/run/secrets/tls/tls.crt": pair.certificate,
        "/run/secrets/tls/tls.key": pair.key,
        "/run/secrets/tls/ca.crt": authority.certificate,
        "/run/secrets/github/token": b"github_pat_example\n",
        "/run/secrets/github/app.pem": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ),
        "/run/secrets/sts/token": b"a.projected.token",
    }


def materialize(environment: Mapping[str, Any], root: Path) -> dict[str, str]:
    """Write the files below `root`, and return the variables with their paths there.

    The reference to the Secret with the address of NATS becomes an address.
    """
    for path, content in contents().items():
        target = root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    result = {name: value if isinstance(value, str) else "nats://nats.nats:4222" for name, value in environment.items()}
    return {name: f"{root}{value}" if name.endswith("_FILE") else value for name, value in result.items()}
