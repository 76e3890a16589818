"""pings.py ADDRESS SECONDS: asks ADDRESS for an echo that often, until it is ended, and prints a line
for each answer: the time it came at, in seconds since the epoch.

It goes on whatever becomes of the way there. On SIGUSR1 it asks no more, waits for what was not
answered, two seconds at most, and says at last: "N sent, N lost, N twice"."""
import select
import signal
import socket
import struct
import sys
import time


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def echo_request(number):
    head = struct.pack("!BBHHH", 8, 0, 0, 0x7669, number & 0xFFFF)
    return head[:2] + struct.pack("!H", checksum(head)) + head[4:]


def main():
    address, pause = sys.argv[1], float(sys.argv[2])
    connection = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    connection.setblocking(False)
    number = 0
    due = time.monotonic()
    came = {}
    ending = []
    signal.signal(signal.SIGUSR1, lambda *_: ending.append(time.monotonic() + 2))
    while not ending or (time.monotonic() < ending[0] and len(came) < number):
        left = 0.02 if ending else due - time.monotonic()
        if left <= 0:
            number += 1
            due += pause
            try:
                connection.sendto(echo_request(number), (address, 0))
            except OSError:
                pass
            continue
        if select.select([connection], [], [], left)[0]:
            packet, sender = connection.recvfrom(2048)
            if sender[0] == address and packet[20] == 0:
                print(f"{time.time():.6f}", flush=True)
                answered = struct.unpack("!H", packet[26:28])[0]
                came[answered] = came.get(answered, 0) + 1
    print(f"{number} sent, {number - len(came)} lost, {sum(came.values()) - len(came)} twice")


main()
