#!/bin/sh
# Removes what a farm never reads from a Debian with Python and /opt/homeport: package management, documentation,
# other languages, tests. Licences and the list of packages stay, for people and for scanners.
set -eu

find /usr/share/doc -type f ! -name copyright -delete
find /usr/share/doc -type l -delete
rm -rf /usr/share/man /usr/share/info /usr/share/locale /usr/share/i18n /usr/share/lintian /usr/share/bash-completion \
    /usr/share/perl5 /usr/share/python-wheels /usr/share/zsh /usr/share/bug /usr/share/debconf \
    /usr/share/zoneinfo/right /usr/share/zoneinfo/posix /usr/lib/locale /usr/lib/udev /usr/lib/systemd /usr/lib/init \
    /usr/lib/apt /usr/lib/dpkg /usr/include /usr/local/include /usr/local/share/man \
    /usr/lib/*-linux-gnu/perl* /usr/lib/*-linux-gnu/gconv /usr/lib/*-linux-gnu/libapt-* /usr/lib/*-linux-gnu/libdb-* \
    /usr/bin/perl* /usr/bin/apt* /usr/bin/dpkg* /usr/bin/debconf* /usr/bin/gpgv /usr/bin/localedef \
    /usr/sbin/mke2fs /usr/sbin/mkfs* /usr/sbin/*e2fs* /usr/sbin/debugfs /usr/sbin/tune2fs /usr/sbin/fsck* \
    /var/cache/* /var/log/* /var/lib/apt /var/lib/dpkg/info /var/lib/dpkg/*-old /root/.cache
for lib in /usr/lib/python3* /usr/local/lib/python3*; do
    rm -rf "$lib"/ensurepip "$lib"/idlelib "$lib"/lib2to3 "$lib"/test "$lib"/tkinter "$lib"/turtledemo "$lib"/distutils \
        "$lib"/pydoc_data "$lib"/config-3* "$lib"/site-packages/pip* "$lib"/site-packages/setuptools*
done
rm -f /usr/local/bin/pip* /usr/local/bin/idle* /usr/local/bin/pydoc*
find /opt/homeport -type d \( -name test -o -name tests \) -prune -exec rm -rf {} +
rm -rf /opt/homeport/include /opt/homeport/lib/python3*/site-packages/lxml/includes
find /opt/homeport/bin -type f ! -name homeport -delete

# A farm starts and ends: nothing that it needs is gone, and what it imports of the standard library is compiled.
/opt/homeport/bin/homeport up --quiet --ephemeral --until-eof </dev/null >/dev/null
/opt/homeport/bin/homeport ready --help >/dev/null
