"""frames.py DEVICE MAC: prints "listening", and then a line for each frame from MAC that comes in on
DEVICE, until it is ended."""
import socket
import sys

ALL = 3  # ETH_P_ALL

device, sender = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", ""))
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL)) as frames:
    frames.bind((device, 0))
    print("listening", flush=True)
    while True:
        frame = frames.recv(2048)
        if frame[6:12] == sender:
            print(frame.hex(), flush=True)
