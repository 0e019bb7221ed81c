"""Who is at the command line, as the trail of changes names them."""

from __future__ import annotations

import os
import pwd

from limner.trail import Actor, on_command_line


def operator() -> Actor:
    """The operating system's user who runs this program, as the system knows them: not as the environment says."""
    user_id = os.getuid()
    try:
        return on_command_line(pwd.getpwuid(user_id).pw_name)
    except KeyError:
        # A container's user need not be in any list.
        return on_command_line(str(user_id))
