"""The environment and the settings of each git process, so that the runner's own git does not change what is committed.

Hooks, signing, templates, encodings, traces and dates of the runner do nothing. How the remote is reached stays as the
runner has it: credential helpers, proxies, certificates, SSH, `url.*.insteadOf` and which protocols are allowed. How
files are converted between repository and work tree stays too, since the checkout was made with it.
"""

import os
from collections.abc import Mapping

AUTHOR = "falco-dispatch"
# The address of GitHub's own bot account, so that the commit shows its avatar.
EMAIL = "41898282+github-actions[bot]@users.noreply.github.com"

_SETTINGS = {
    "safe.directory": "*",  # in a container job the checkout belongs to another user
    "color.ui": "false",
    "commit.gpgSign": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.quotePath": "true",
    "core.safecrlf": "false",
    "core.splitIndex": "false",
    "diff.suppressBlankEmpty": "false",
    "gc.auto": "0",
    "i18n.commitEncoding": "UTF-8",
    "i18n.logOutputEncoding": "UTF-8",
    "maintenance.auto": "false",
    "push.followTags": "false",
    "push.gpgSign": "false",
    "push.pushOption": "",  # an empty value clears the list
    "push.recurseSubmodules": "no",
    "remote.origin.mirror": "false",
    "remote.origin.tagOpt": "--no-tags",
    "submodule.recurse": "false",
}
# The variables of git that say how to reach the remote, and where its configuration is.
_CONNECTION = (
    "GIT_ALLOW_PROTOCOL",
    "GIT_ASKPASS",
    "GIT_CONFIG",
    "GIT_EXEC_PATH",
    "GIT_HTTP_",
    "GIT_PROTOCOL",
    "GIT_PROXY_",
    "GIT_SSH",
    "GIT_SSL_",
)


def options() -> list[str]:
    """Return the options that come before the name of a git command."""
    return [option for name, value in _SETTINGS.items() for option in ("-c", f"{name}={value}")]


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a git process on a runner that has the environment `environ`."""
    inherited = {
        name: value for name, value in environ.items() if not name.startswith("GIT_") or name.startswith(_CONNECTION)
    }
    return {
        **inherited,
        "GIT_AUTHOR_NAME": AUTHOR,
        "GIT_AUTHOR_EMAIL": EMAIL,
        "GIT_COMMITTER_NAME": AUTHOR,
        "GIT_COMMITTER_EMAIL": EMAIL,
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_PAGER": "cat",
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",  # the messages are read
    }


def with_configuration(environ: Mapping[str, str], values: list[tuple[str, str]]) -> dict[str, str]:
    """Return the environment with further settings for git in it, which stay out of argv. It may have some already."""
    count = environ.get("GIT_CONFIG_COUNT", "")
    start = int(count) if count.isdecimal() else 0
    numbered = {"GIT_CONFIG_COUNT": str(start + len(values))}
    for index, (name, value) in enumerate(values, start):
        numbered |= {f"GIT_CONFIG_KEY_{index}": name, f"GIT_CONFIG_VALUE_{index}": value}
    return {**environ, **numbered}
