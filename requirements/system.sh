#!/usr/bin/env bash
# Makes sure that the system packages are there which pip cannot bring:
#   system.sh gl     OpenGL, with Mesa's software renderer for machines without a GPU or a display
#   system.sh test   the same, and a virtual screen with a window manager and synthetic input
# On Debian and Ubuntu as root it installs what is missing; elsewhere it prints the line to type and stops.
set -euo pipefail

[ "$(uname -s)" = Linux ] || exit 0

has_library() { { ldconfig -p 2>/dev/null || /sbin/ldconfig -p; } | grep -q "$1"; }

missing=()
has_library 'libGL\.so\.1' || missing+=(libgl1)
has_library 'libEGL\.so\.1' || missing+=(libegl1)
# A vendor library is what OpenGL and EGL dispatch to: Mesa's, or that of a graphics driver.
has_library 'libEGL_[a-z]*\.so\.0' || missing+=(libegl-mesa0)
has_library 'libGLX_[a-z]*\.so\.0' || missing+=(libglx-mesa0 libgl1-mesa-dri)
if [ "${1:-gl}" = test ]; then
    command -v Xvfb >/dev/null || missing+=(xvfb)
    command -v openbox >/dev/null || missing+=(openbox)
    command -v xdotool >/dev/null || missing+=(xdotool)
fi
[ ${#missing[@]} -gt 0 ] || exit 0

line="apt-get install --yes --no-install-recommends ${missing[*]}"
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "system packages: $line"
    apt-get update --quiet --quiet
    DEBIAN_FRONTEND=noninteractive $line >/dev/null
else
    {
        echo "System packages are missing. On Debian or Ubuntu type:"
        echo "    sudo apt-get update && sudo $line"
        echo "On other systems install what provides them, then run make again."
    } >&2
    exit 1
fi
