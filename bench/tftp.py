"""Measures TFTP servers on this machine beside one another: `tftp.py [ROUNDS]`.

Homeport and tftpd-hpa (`in.tftpd`, on a free port, if it is installed) serve the same file of 32 MiB. The client is one
loop of system calls, the same for both; it asks for blocks of 1428 octets, and for windows of 16, which tftpd-hpa 5.2
does not have: then it gets one block at a time. Rounds alternate. Prints the best round of each in MB/s, also without
windows, then 50 transfers at once, and the memory of a thousand idle exchanges.
"""

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SIZE = 32 << 20
BLOCK = 1428
IDLE = 1000


def fetch(port: int, window: int = 16) -> int:
    """Read the file; return its size."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(10)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        options = f"blksize\0{BLOCK}\0" + (f"windowsize\0{window}\0" if window > 1 else "")
        client.sendto(f"\0\1image\0octet\0{options}".encode(), ("127.0.0.1", port))
        packet, server = client.recvfrom(2048)
        client.connect(server)
        granted = window if b"windowsize" in packet else 1
        client.send(b"\0\4\0\0")
        size = expected = 0
        while True:
            packet = client.recv(2048)
            block = int.from_bytes(packet[2:4], "big")
            if block != (expected + 1) % 65536:
                continue
            expected += 1
            size += len(packet) - 4
            if len(packet) < BLOCK + 4:
                client.send(b"\0\4" + packet[2:4])
                return size
            if expected % granted == 0:
                client.send(b"\0\4" + packet[2:4])


def speed(port: int, window: int) -> float:
    """Return MB/s."""
    begin = time.perf_counter()
    assert fetch(port, window) == SIZE
    return SIZE / 1e6 / (time.perf_counter() - begin)


def together(port: int) -> float:
    """Return MB/s of 50 transfers at once, by processes: threads of one would share its lock."""
    begin = time.perf_counter()
    code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import tftp; tftp.fetch({port}, 16)"
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(50)]
    assert [one.wait() for one in running] == [0] * 50
    return 50 * SIZE / 1e6 / (time.perf_counter() - begin)


def free_port() -> int:
    """Return a UDP port that is free now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()


def idle_cost(port: int, pid: int) -> float:
    """Return the bytes of memory that an exchange takes whose client waits."""
    clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(IDLE)]
    before = resident_bytes(pid)
    for one in clients:
        one.settimeout(10)
        one.sendto(b"\0\1image\0octet\0timeout\x00255\0", ("127.0.0.1", port))
        one.recv(2048)
    after = resident_bytes(pid)
    for one in clients:
        one.close()
    return (after - before) / IDLE


def main() -> None:
    """Measure, and print."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "image").write_bytes(os.urandom(SIZE))
        Path(folder).chmod(0o755)
        from homeport import Farm

        config = {"ftp": {"root": folder}, "tftp": {"transfer_ports": "0"}}
        servers: dict[str, int] = {}
        peer: subprocess.Popen[bytes] | None = None
        with Farm(mode="process", services=["tftp", "ftp"], config=config) as farm:
            servers["homeport"] = farm.tftp.port
            if (program := shutil.which("in.tftpd", path=f"{os.environ['PATH']}:/usr/sbin")) is not None:
                servers["tftpd-hpa"] = free_port()
                where = f"127.0.0.1:{servers['tftpd-hpa']}"
                peer = subprocess.Popen(
                    [program, "-L", "-a", where, "-u", os.environ.get("USER", "root"), "-s", folder]
                )
                time.sleep(0.5)
            try:
                for window in (16, 1):
                    best = dict.fromkeys(servers, 0.0)
                    for _ in range(rounds):
                        for name, port in servers.items():
                            best[name] = max(best[name], speed(port, window))
                    shown = ", ".join(f"{name} {rate:.1f} MB/s" for name, rate in best.items())
                    print(f"blksize {BLOCK}, windowsize {window}: {shown}")
                for name, port in servers.items():
                    print(f"50 transfers at once: {name} {together(port):.1f} MB/s")
                print(f"idle exchange: {idle_cost(servers['homeport'], farm.ready['pid']):.0f} bytes")
            finally:
                if peer is not None:
                    peer.kill()


if __name__ == "__main__":
    main()
