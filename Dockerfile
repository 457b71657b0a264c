# The farm in a container. Build: docker build -t homeport .
#
# BASE is any Debian-like image; one without Python gets Debian's own, which must be 3.11 or later:
#   docker build --build-arg BASE=docker.io/library/debian:bookworm-slim -t homeport .
# What is installed is pinned with hashes in deploy/*.txt (`make lock` updates them).

ARG BASE=docker.io/library/python:3.13-slim

FROM ${BASE} AS base
RUN command -v python3 >/dev/null || { \
        apt-get update -q && apt-get install -yq --no-install-recommends python3 && rm -rf /var/lib/apt/lists/*; }

FROM base AS build
RUN python3 -c 'import ensurepip, venv' 2>/dev/null || { \
        apt-get update -q && apt-get install -yq --no-install-recommends python3-venv; }
WORKDIR /src
COPY deploy/build-requirements.txt deploy/requirements.txt deploy/
RUN python3 -m venv /opt/build && /opt/build/bin/pip install -q --require-hashes -r deploy/build-requirements.txt
RUN python3 -m venv /opt/homeport \
    && /opt/homeport/bin/pip install -q --no-compile --require-hashes --only-binary :all: -r deploy/requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY servers servers
COPY docs/homeport.1 docs/
RUN /opt/build/bin/hatchling build -t wheel -d /tmp/dist \
    && /opt/homeport/bin/pip install -q --no-compile --no-deps /tmp/dist/*.whl \
    && /opt/homeport/bin/pip uninstall -q -y pip setuptools 2>/dev/null \
    && /opt/build/bin/cyclonedx-py environment --output-reproducible -o /opt/homeport/sbom.cdx.json /opt/homeport \
    && find /opt/homeport -type d \( -name test -o -name tests -o -name __pycache__ \) -prune -exec rm -rf {} + \
    && /opt/homeport/bin/python -m compileall -q -j 0 /opt/homeport/lib

# Demo containers also have clients of other authors.
FROM base AS demo
RUN apt-get update -q && apt-get install -yq --no-install-recommends \
        curl lftp libnet-ssleay-perl netcat-openbsd python3 swaks whois && rm -rf /var/lib/apt/lists/*
COPY deploy/demo.sh deploy/epp_login.py /demo/
USER 10001:10001
CMD ["/demo/demo.sh"]

FROM base AS trimmed
COPY --from=build /opt/homeport /opt/homeport
COPY deploy/trim.sh /tmp/
# Any user may be chosen (--user), so the mount points of volumes are writable for every user.
RUN bash /tmp/trim.sh && rm /tmp/trim.sh && mkdir -m 1777 /data /ca && mkdir -p /etc/homeport \
    && echo '# Mount your own configuration over this file; environment variables override it.' >/etc/homeport/homeport.toml

# One layer, without the removed files.
FROM scratch AS farm
ARG VERSION=0
LABEL org.opencontainers.image.title="Homeport" \
      org.opencontainers.image.description="A self-hosted farm of real protocol servers to test network clients against" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=trimmed / /
# All addresses of the container: published ports decide which clients can connect. The control API stays on the container's
# loopback until HOMEPORT__CONTROL__TOKEN or HOMEPORT__CONTROL__OPEN is set. `homeport` finds the farm by its ready file.
# Clients use names of the container that it cannot know. PASV gives clients in the networks of Docker and podman the
# container's own address, and clients of published ports the host's loopback address.
ENV PATH=/opt/homeport/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    HOMEPORT_HOST="0.0.0.0 ::" \
    HOMEPORT_READY_FILE=/data/ready.json \
    HOMEPORT_DATA=/data \
    HOMEPORT_CONFIG=/etc/homeport/homeport.toml \
    HOMEPORT__TLS__CA_EXPORT=/ca/ca.pem \
    HOMEPORT__TLS__ANY_NAME=true \
    HOMEPORT__FTP__MASQUERADE='{ "gateway" = "127.0.0.1", "10.88.0.0/15" = "self", "172.16.0.0/12" = "self", "*" = "127.0.0.1" }'
USER 10001:10001
VOLUME ["/data", "/ca"]
EXPOSE 10007 10007/udp 10009 10009/udp 10011 10011/udp 10013 10013/udp 10017 10017/udp 10019 10019/udp 10021 10023 \
       10025 10037 10037/udp 10043 10053 10053/udp 10069/udp 10070 10079 10110 10113 10123/udp 10143 10200-10249 \
       10250-10299/udp 10465 10514 10514/udp 10587 10700 10853 10990 10992 10993 10995 12525 12628 14460 16514 18000 18443 18444
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 CMD ["homeport", "ready", "--quiet"]
ENTRYPOINT ["homeport"]
CMD ["up", "--quiet"]
