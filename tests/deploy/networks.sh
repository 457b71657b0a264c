#!/bin/bash
# A host with a bridge, a farm and its neighbour behind it, as container engines make them; then transfers in every mode of FTP.
# For a network and mount namespace of its own: unshare --net --mount bash networks.sh PYTHON. The environment has what the
# image sets. What publishes a port is a relay on the host, as Docker's own. Prints each way that worked.
set -euo pipefail
python=$1
scratch=$(mktemp -d)
export PATH=$PATH:/usr/sbin:/sbin
trap 'jobs -p | xargs -r kill 2>/dev/null || true; wait; rm -rf "$scratch"' EXIT

mount -t tmpfs tmpfs /run
ip link set lo up
ip link add bridge type bridge
ip address add 172.30.0.1/16 dev bridge
ip link set bridge up
for name in farm neighbour; do
    ip netns add "$name"
    ip link add "$name" type veth peer name eth0 netns "$name"
    ip link set "$name" master bridge up
    ip -n "$name" link set lo up
    [[ $name == farm ]] && address=172.30.0.2 || address=172.30.0.3
    ip -n "$name" address add "$address/16" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" route add default via 172.30.0.1
done

mkfifo "$scratch/ready"
ip netns exec farm "$python" -m homeport up --quiet --ephemeral --services ftp --host 0.0.0.0 \
    --set ftp.port=10021 --set ftp.passive_ports=10200-10203 >"$scratch/ready" &
read -r _ready <"$scratch/ready"

"$python" - >"$scratch/ready" <<'END' &
import asyncio


async def relay(reader, writer, port):
    inner_reader, inner_writer = await asyncio.open_connection("172.30.0.2", port)

    async def pass_on(source, sink):
        while octets := await source.read(65536):
            sink.write(octets)
            await sink.drain()
        sink.write_eof()

    await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))
    for one in (inner_writer, writer):
        one.close()


async def publish():
    for port in (10021, *range(10200, 10204)):
        await asyncio.start_server(lambda r, w, port=port: relay(r, w, port), "127.0.0.1", port)
    print("published", flush=True)
    await asyncio.Event().wait()


asyncio.run(publish())
END
read -r _published <"$scratch/ready"

# The host is the bridge's address to the farm; curl ignores PASV's address by default.
transfer() { # who, way, the command's beginning
    local who=$1 way=$2
    shift 2
    [[ $("$@") == *"note"* || $("$@") == *"Alice"* ]] || { echo "$who $way: not the file" >&2; exit 1; }
    echo "$who $way"
}
fetch=(curl -fsS -m 20 --user alice:alice-pass)
for who in host neighbour; do
    if [[ $who == host ]]; then
        at=() url=ftp://127.0.0.1:10021/note.txt own=172.30.0.1
    else
        at=(ip netns exec neighbour) url=ftp://172.30.0.2:10021/note.txt own=-
    fi
    transfer $who PASV "${at[@]}" "${fetch[@]}" --disable-epsv --no-ftp-skip-pasv-ip "$url"
    transfer $who EPSV "${at[@]}" "${fetch[@]}" "$url"
    transfer $who PORT "${at[@]}" "${fetch[@]}" --disable-eprt --ftp-port $own "$url"
    transfer $who EPRT "${at[@]}" "${fetch[@]}" --ftp-port $own "$url"
done
