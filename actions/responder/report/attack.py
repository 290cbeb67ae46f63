"""Tags of Falco's rules that name techniques and tactics of MITRE ATT&CK, as links. Other tags have none.

https://attack.mitre.org/
"""

import re
from collections.abc import Iterable

_SITE = "https://attack.mitre.org"
_TECHNIQUE = re.compile(r"(T[0-9]{4})(?:\.([0-9]{3}))?", re.ASCII)
_TACTIC = re.compile(r"TA[0-9]{4}", re.ASCII)
# https://attack.mitre.org/tactics/enterprise/
_TACTICS = {
    "mitre_reconnaissance": ("TA0043", "Reconnaissance"),
    "mitre_resource_development": ("TA0042", "Resource Development"),
    "mitre_initial_access": ("TA0001", "Initial Access"),
    "mitre_execution": ("TA0002", "Execution"),
    "mitre_persistence": ("TA0003", "Persistence"),
    "mitre_privilege_escalation": ("TA0004", "Privilege Escalation"),
    "mitre_defense_evasion": ("TA0005", "Defense Evasion"),
    "mitre_credential_access": ("TA0006", "Credential Access"),
    "mitre_discovery": ("TA0007", "Discovery"),
    "mitre_lateral_movement": ("TA0008", "Lateral Movement"),
    "mitre_collection": ("TA0009", "Collection"),
    "mitre_exfiltration": ("TA0010", "Exfiltration"),
    "mitre_command_and_control": ("TA0011", "Command and Control"),
    "mitre_impact": ("TA0040", "Impact"),
}


def links(tags: Iterable[str]) -> list[str]:
    """Return a Markdown link for each tag that names a technique or a tactic, each address once."""
    paths: dict[str, str] = {}
    for tag in tags:
        if match := _TECHNIQUE.fullmatch(tag):
            paths.setdefault("/".join(filter(None, ("techniques", *match.groups()))), tag)
        elif _TACTIC.fullmatch(tag):
            paths.setdefault(f"tactics/{tag}", tag)
        elif tag in _TACTICS:
            number, name = _TACTICS[tag]
            paths.setdefault(f"tactics/{number}", name)
    return [f"[{text}]({_SITE}/{path}/)" for path, text in paths.items()]
