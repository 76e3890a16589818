"""qmp-proxy.py LISTEN SERVER TEXT: passes what comes to the socket LISTEN on to the socket SERVER and
back, descriptors too, until a message that has TEXT in it has come, which goes on: then LISTEN is SERVER
again, and the connection is lost before the answer can be read."""
import os
import select
import socket
import sys

listen, server, text = sys.argv[1:]
os.rename(listen, server)
door = socket.socket(socket.AF_UNIX)
door.bind(listen)
door.listen()
print("listening", flush=True)
while True:
    client = door.accept()[0]
    up = socket.socket(socket.AF_UNIX)
    up.connect(server)
    ends = {client: up, up: client}
    while ends:
        for source in select.select(list(ends), [], [])[0]:
            data, fds, _, _ = socket.recv_fds(source, 1 << 20, 64)
            if not data:
                ends = {}
                break
            socket.send_fds(ends[source], [data], fds)
            for fd in fds:
                os.close(fd)
            if source is client and text.encode() in data:
                os.rename(server, listen)
                sys.exit()
    client.close()
    up.close()
