#!/bin/bash
# Removes unused files from a Debian with Python and /opt/homeport: package management, documentation, tests,
# most commands, and libraries that nothing left needs. Licences and the list of packages stay, for people and scanners.
set -eu

# Commands for debugging in a container (docker exec), and for scripts of derived images.
kept=" bash cat chgrp chmod chown cp cut date dash df du echo env find grep head hostname id kill ldd ln ls mkdir mktemp mv \
nproc od printf ps pwd readlink rm rmdir sed sh sleep sort stat tail tar tee test touch tr true uname uniq wc which xargs "
for command in /usr/bin/* /usr/sbin/*; do
    name=${command##*/}
    [[ $kept == *" $name "* || $name == python3* ]] || rm -rf "$command"
done

find /usr/share/doc -type f ! -name copyright -delete
rm -rf /usr/share/{man,info,locale,i18n,lintian,bash-completion,perl5,python-wheels,zsh,bug,debconf,gdb,keyrings} \
    /usr/share/zoneinfo/{right,posix} /usr/lib/{locale,udev,systemd,init,apt,dpkg,python3} /usr/include /usr/libexec \
    /usr/local/include /usr/local/share/man /usr/local/bin/{pip,idle,pydoc}* \
    /usr/lib/*-linux-gnu/{perl,perl-base,gconv,security,systemd,pkgconfig} /usr/lib/*-linux-gnu/*.a \
    /var/cache/* /var/log/* /var/lib/apt /var/lib/pam /var/lib/dpkg/info /var/lib/dpkg/*-old /root/.cache
for lib in /usr/lib/python3.* /usr/local/lib/python3.*; do
    rm -rf "$lib"/{ensurepip,idlelib,lib2to3,test,tkinter,turtledemo,turtle.py,pydoc_data,config-3*} \
        "$lib"/site-packages/{pip,setuptools}*
done

packages=$(echo /opt/homeport/lib/python3.*/site-packages)
rm -rf "$packages"/twisted/{conch,enterprise,mail,names,pair,positioning,runner,scripts,spread,tap,trial,words} \
    "$packages"/lxml/{includes,html,isoschematron,objectify*,*.pyx,*.pxi} /opt/homeport/include
find /opt/homeport -type d \( -name test -o -name tests \) -prune -exec rm -rf {} +
find /opt/homeport/bin -type f ! -name homeport -delete

# Libraries that are loaded by name stay: name services, and the unwinder that ends threads.
needed=$(find /usr/bin /usr/sbin /usr/local /usr/lib/python3* /opt/homeport -type f \( -perm -100 -o -name '*.so*' \) \
    -exec ldd {} + 2>/dev/null | sed -n 's|.* \(/[^ ]*\) (0x.*|\1|p' | sort -u | xargs readlink -f)
for library in /usr/lib/*-linux-gnu/*.so*; do
    [[ $needed == *"$(readlink -f "$library")"* || ${library##*/} =~ ^(ld-|libnss_|libgcc_s|libresolv) ]] || rm "$library"
done

# Start and stop a farm: this checks that nothing needed was removed, and compiles what it imports.
/opt/homeport/bin/homeport up --quiet --ephemeral --until-eof </dev/null >/dev/null
