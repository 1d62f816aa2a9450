#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Boots other kernels as the server of a lab, in qemu, and says what mpprobe
says of them: the probe with every kind of server, without a box and behind
some, and all scenarios time and again. Run by hand, as root; CONTRIBUTING.md
says how to get kernels.

usage: lab/kernels.py [OPTION]... DIR...                tables, as Markdown
       lab/kernels.py [OPTION]... DIR -- COMMAND...     on the lab's client

  --box BOX            of lab/lab, at router 1 or 2; may be repeated
  --sysctl KEY=VALUE   a net.* setting of the kernel; may be repeated
  --runs N             of all scenarios (20)
  --keep DIR           for captures and what the scenarios said

DIR holds a kernel package that was unpacked, or a vmlinuz without modules. The
kernel answers at 10.0.4.2 and fd00:4::2, on the ports of SERVERS below.
"""
import argparse
import collections
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
LAB = os.path.join(HERE, "lab")
MPPROBE = os.path.join(TOP, "mpprobe")
HOPS = 2
LINK = HOPS + 2         # the lab's server is one more router
ADDRESSES = {"IPv4": f"10.0.{LINK}.2", "IPv6": f"fd00:{LINK}::2"}
UP = "all servers are up"
BOOTS, BOOT_SECONDS = 4, 60     # a busy host's timers may fail a kernel
MODULES = ("virtio", "virtio_ring", "virtio_pci_legacy_dev",
           "virtio_pci_modern_dev", "virtio_pci", "failover", "net_failover",
           "virtio_net")
SERVERS = {"keep-alive": 80, "fin": 81, "fastclose": 82, "banner": 83,
           "mute": 84, "hang-up": 85, "large": 86, "defer": 87}
BOXES = ["strip@1", "strip-join@1", "drop-join@1", "hmac@1"]

INIT = f"""#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for module in /modules/*; do insmod "$module"; done
for setting in $sysctls; do sysctl -w "$setting"; done
ip link set lo up
echo 0 >/proc/sys/net/ipv6/conf/eth0/accept_dad
ip link set eth0 up
ip address add 10.0.{LINK}.2/24 dev eth0
ip address add fd00:{LINK}::2/64 dev eth0
ip route add default via 10.0.{LINK}.1
ip route add default via fd00:{LINK}::1
mkdir /said
serve() {{ mkfifo "/said/$#$*"; /bin/httpd "$@" >"/said/$#$*" & read -r _ <"/said/$#$*"; }}
""" + "".join(f"serve -m {mode} {port}\n" for mode, port in SERVERS.items()) + f"""
serve -t 8080
echo "$(uname -r): {UP}"
exec sleep 1000000
"""


# ---- the machine -----------------------------------------------------------


def find(folder, *names):
    for name in names:
        found = glob.glob(os.path.join(glob.escape(folder), "**", name),
                          recursive=True)
        if found:
            return found[0]
    return None


def add_module(folder, name, number, root):
    path = find(folder, name + ".ko", name + ".ko.xz")
    if not path:
        return          # it is part of the kernel
    to = os.path.join(root, "modules", f"{number}-{name}.ko")
    with open(to, "wb") as out:
        subprocess.run(["xzcat" if path.endswith("xz") else "cat", path],
                       stdout=out, check=True)


def make_root(folder, root):
    for name in "bin", "modules", "proc", "sys", "dev":
        os.mkdir(os.path.join(root, name))
    shutil.copy("/bin/busybox", os.path.join(root, "bin"))
    subprocess.run(["cc", "-static", "-O2", "-D_GNU_SOURCE", "-o",
                    os.path.join(root, "bin/httpd"),
                    os.path.join(HERE, "servers/httpd.c")], check=True)
    for number, name in enumerate(MODULES):
        add_module(folder, name, number, root)
    with open(os.path.join(root, "init"), "w", encoding="ascii") as out:
        out.write(INIT)
        os.fchmod(out.fileno(), 0o755)


def make_initramfs(folder, path):
    with tempfile.TemporaryDirectory() as root, open(path, "wb") as out:
        make_root(folder, root)
        subprocess.run("find . | cpio --quiet -o -H newc | gzip -1",
                       cwd=root, shell=True, stdout=out, check=True)


class Lab:
    """A lab with a kernel as one more host behind its server."""

    def __init__(self, folder, boxes, sysctls):
        self.name = f"kernels-{os.getpid()}"
        self.folder, self.sysctls = folder, " ".join(sysctls)
        self.machine = self.release = None
        options = [word for box in boxes for word in ("--box", box)]
        subprocess.run([LAB, "up", "--name", self.name, "--hops", str(HOPS),
                        *options], check=True, stdout=subprocess.DEVNULL)

    def __enter__(self):
        try:
            self.extend()
            self.boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.stop()
        subprocess.run([LAB, "down", "--name", self.name], check=True)

    def command(self, node, *words):
        return [LAB, "run", "--name", self.name, "--on", node, *words]

    def batch(self, node, *lines):
        subprocess.run(self.command(node, "ip", "-batch", "-"), check=True,
                       input="\n".join(lines), text=True)

    def extend(self):
        self.batch("server", "tuntap add kernel0 mode tap",
                   f"address add 10.0.{LINK}.1/24 dev kernel0",
                   f"address add fd00:{LINK}::1/64 dev kernel0 nodad",
                   "link set kernel0 up")
        self.batch(f"r{HOPS}",
                   f"route add 10.0.{LINK}.0/24 via 10.0.{LINK - 1}.2",
                   f"route add fd00:{LINK}::/64 via fd00:{LINK - 1}::2")
        subprocess.run(
            self.command("server", "sysctl", "-q", "-w",
                         "net.ipv4.ip_forward=1",
                         "net.ipv6.conf.all.forwarding=1"), check=True)

    def boot(self):
        with tempfile.NamedTemporaryFile(suffix=".gz") as initramfs:
            make_initramfs(self.folder, initramfs.name)
            for _ in range(BOOTS):
                self.start(initramfs.name)
                said = self.await_servers()
                if self.release:
                    return
                self.stop()
        raise SystemExit(f"{self.folder}: it does not come up:\n{said}")

    def start(self, initramfs):
        self.machine = subprocess.Popen(
            self.command(
                "server", "timeout", "7200", "nice",
                "qemu-system-x86_64", "-accel", "tcg", "-cpu", "max",
                "-m", "256", "-nographic", "-no-reboot",
                "-kernel", find(self.folder, "vmlinuz*", "bzImage"),
                "-initrd", initramfs,
                "-append", "console=ttyS0 quiet panic=-1 no_timer_check "
                f'sysctls="{self.sysctls}"',
                "-netdev", "tap,id=n,ifname=kernel0,script=no,downscript=no",
                "-device", "virtio-net-pci,netdev=n,csum=off,gso=off,"
                "guest_csum=off,romfile="),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True, errors="replace")

    def stop(self):
        if self.machine:
            self.machine.terminate()
            self.machine.wait()
        self.machine = None

    def await_servers(self):
        """Sets the release; returns what the machine said, where it does not
        come up."""
        said = []
        patience = threading.Timer(BOOT_SECONDS, self.machine.terminate)
        patience.start()
        for line in self.machine.stdout:
            said.append(line)
            if UP in line:
                self.release = re.search(r"([\w.+-]+): " + UP, line)[1]
                break
        patience.cancel()
        return "".join(said[-20:])


# ---- what is said ----------------------------------------------------------


def probe(lab, family, port, capture):
    done = subprocess.run(
        lab.command("client", MPPROBE, "-n", "-j", "-w", capture, "-p",
                    str(port), ADDRESSES[family]),
        stdout=subprocess.PIPE, text=True, check=False)
    return json.loads(done.stdout)


def summary(report):
    """Of the verdict and what it rests on: "clear, proven", or what is found;
    how far a second subflow came."""
    steps = {step["step"]: step["result"] for step in report["ladder"]}
    said = [f["id"] for f in report["findings"] if f["effect"] != "harmless"]
    if not said:
        said = [report["verdict"]["status"], report["verdict"]["confidence"]]
        if steps["join_data"] != "pass":
            said.append("no join" if steps["join"] != "pass" else "no data")
    return ", ".join(word or "?" for word in said)


def try_server(lab, box, server, keep):
    """What is said over both families: one text if they agree."""
    said = []
    for family in ADDRESSES:
        name = f"{lab.release}-{box or 'clean'}-{server}-{family}.pcap"
        report = probe(lab, family, SERVERS[server], os.path.join(keep, name))
        said.append(summary(report))
    return said[0] if said[0] == said[1] else " / ".join(said)


def try_scenarios(lab, runs, keep):
    counts = collections.Counter()
    for number in range(runs):
        path = os.path.join(keep, f"{lab.release}-run-{number}.txt")
        with open(path, "w+", encoding="utf-8") as out:
            subprocess.run(
                lab.command("client", MPPROBE, "run", "all",
                            ADDRESSES["IPv4"]), stdout=out, check=False)
            out.seek(0)
            counts[" ".join(out.read().split("\n\n")[-1].split())] += 1
    return "; ".join(f"{count} of {runs}: {text}"
                     for text, count in counts.most_common())


def try_kernel(folder, boxes, sysctls, runs, keep, out):
    cells = {server: [] for server in SERVERS}
    for box in boxes:
        with Lab(folder, [box] if box else [], sysctls) as lab:
            release = lab.release
            for server, texts in cells.items():
                texts.append(try_server(lab, box, server, keep))
            if not box:
                scenarios = try_scenarios(lab, runs, keep)
    print(f"\n## Linux {release}\n\n`run all`: {scenarios}\n\n| server |",
          " | ".join(box or "no box" for box in boxes), "|\n|",
          "--- | " * (len(boxes) + 1), file=out)
    for server, texts in cells.items():
        print("|", " | ".join([server, *texts]), "|", file=out, flush=True)


def main():
    words, command = sys.argv[1:], []
    if "--" in words:
        at = words.index("--")
        words, command = words[:at], words[at + 1:]
    parser = argparse.ArgumentParser(usage=__doc__[__doc__.index("lab/"):])
    parser.add_argument("--box", action="append", default=[])
    parser.add_argument("--sysctl", action="append", default=[])
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--keep")
    parser.add_argument("folders", nargs="+")
    args = parser.parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if command:
        with Lab(args.folders[0], args.box, args.sysctl) as lab:
            return subprocess.run(lab.command("client", *command),
                                  check=False).returncode
    keep = args.keep or tempfile.mkdtemp(prefix="kernels-")
    os.makedirs(keep, exist_ok=True)
    print(f"# Other kernels\n\nWritten by lab/kernels.py, {time.strftime('%F')}:",
          "what mpprobe says of servers of these kernels, over IPv4 and IPv6,",
          'and what `mpprobe run all` did. "A / B" is for IPv4 and IPv6.')
    for folder in args.folders:
        try_kernel(folder, ["", *(args.box or BOXES)], args.sysctl, args.runs,
                   keep, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
