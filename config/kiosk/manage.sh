#!/bin/sh
# Installs, updates and rolls back a kiosk. As root:
#   manage.sh install FOLDER    a folder (USB stick) with wheels/ and VERSION
#   manage.sh update FOLDER     the same beside the old version, then switches over
#   manage.sh rollback          back to the version before
#   manage.sh status
# Each version lives in its own folder; `current` and `previous` are links, so that switching is one rename.
set -eu
root=${KIOSK_ROOT:-}
home=$root/opt/diffusion-kiosk
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
python=${KIOSK_PYTHON:-python3}
control() { [ -n "$root" ] || systemctl "$@"; }
fail() { echo "manage.sh: $*" >&2; exit 2; }

version_of() { cat "$1/VERSION" 2>/dev/null || fail "$1/VERSION is missing; is this the update's folder?"; }

unpack() { # FOLDER: makes the version's folder, complete or not at all
    from=$1; version=$(version_of "$from")
    case $version in ''|*[!0-9A-Za-z.+-]*) fail "$from/VERSION: a version like 1.2.0, found '$version'";; esac
    ls "$from"/wheels/*.whl >/dev/null 2>&1 || fail "$from/wheels has no *.whl"
    (cd "$from" && sha256sum --quiet --check SHA256SUMS) || fail "$from: a file is damaged; copy it again"
    target=$home/versions/$version; draft=$target.part
    [ ! -e "$target" ] || { echo "$version is here already"; return; }
    rm -rf "$draft"; mkdir -p "$draft"
    if [ -n "${KIOSK_PIP:-}" ]; then  # another pip than the environment's own
        "$python" -m venv --without-pip "$draft/venv"
        pip="$KIOSK_PIP --python $draft/venv/bin/python"
    else
        "$python" -m venv "$draft/venv"
        pip="$draft/venv/bin/python -m pip"
    fi
    $pip install --quiet --disable-pip-version-check --no-index --find-links "$from/wheels" diffusion-explorer
    cp -r "$here" "$draft/kiosk"
    chmod +x "$draft/kiosk/start" "$draft/kiosk/xsession" "$draft/kiosk/manage.sh"  # a stick may not know who may run what
    mv "$draft" "$target"
    # a virtual environment knows its own path: say the new one
    grep -rlI "$draft" "$target/venv/bin" "$target/venv/pyvenv.cfg" 2>/dev/null | xargs -r sed -i "s|$draft|$target|g"
    "$target/venv/bin/diffusion-explorer" --help >/dev/null || { rm -rf "$target"; fail "$version does not start; nothing was changed"; }
}

put() { mkdir -p "$(dirname "$root$2")"; cp "$1" "$root$2"; }

link() { ln -sfn "$2" "$home/$1.new" && mv -T "$home/$1.new" "$home/$1"; }

switch() { # VERSION
    old=$(readlink "$home/current" 2>/dev/null || true)
    [ "$old" = "versions/$1" ] && { echo "$1 is running already"; return; }
    [ -z "$old" ] || link previous "$old"
    link current "versions/$1"
    put "$home/current/kiosk/diffusion-kiosk.service" /etc/systemd/system/diffusion-kiosk.service
    control daemon-reload
    for folder in "$home"/versions/*; do  # two versions are kept
        name=versions/$(basename "$folder")
        [ "$name" = "versions/$1" ] || [ "$name" = "$old" ] || rm -rf "$folder"
    done
    control restart diffusion-kiosk.service
    echo "running: $1, before: $(basename "${old:-none}")"
}

case ${1:-} in
    install)
        unpack "${2:?a folder}"
        [ -n "$root" ] || id kiosk >/dev/null 2>&1 || useradd --create-home --groups audio,input,video kiosk
        [ -e "$root/etc/X11/diffusion-kiosk.conf" ] || put "$here/diffusion-kiosk.conf" /etc/X11/diffusion-kiosk.conf
        put "$here/logind.conf" /etc/systemd/logind.conf.d/diffusion-kiosk.conf
        put "$here/sysctl.conf" /etc/sysctl.d/90-diffusion-kiosk.conf
        put "$here/90-diffusion-kiosk.rules" /etc/udev/rules.d/90-diffusion-kiosk.rules
        mkdir -p "$root/etc/X11" && printf 'allowed_users=anybody\nneeds_root_rights=yes\n' > "$root/etc/X11/Xwrapper.config"
        [ -e "$root/etc/diffusion-kiosk.yaml" ] || cp "$here/../kiosk.yaml" "$root/etc/diffusion-kiosk.yaml"
        control mask ctrl-alt-del.target getty@tty1.service
        switch "$(version_of "$2")"
        control enable diffusion-kiosk.service;;
    update) unpack "${2:?a folder}"; switch "$(version_of "$2")";;
    rollback)
        old=$(readlink "$home/previous" 2>/dev/null) || fail "there is no version before this one"
        switch "$(basename "$old")";;
    status)
        echo "current:  $(basename "$(readlink "$home/current" || echo none)")"
        echo "previous: $(basename "$(readlink "$home/previous" || echo none)")"
        cat "$root/var/lib/diffusion-kiosk/heartbeat.json" 2>/dev/null || echo "no heartbeat yet";;
    *) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 2;;
esac
