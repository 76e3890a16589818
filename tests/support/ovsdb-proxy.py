#!/usr/bin/python3
"""ovsdb-proxy LISTEN SERVER TEXT COMMAND

Passes what comes to the socket LISTEN on to the socket SERVER and back. Before the first message
that has TEXT in it goes on, the shell COMMAND runs, with the message on its standard input: so a
test can change the world between two requests of a client."""
import os
import socket
import subprocess
import sys
import threading

listen, server, text, command = sys.argv[1:]
lock = threading.Lock()
fired = False


def pump(source, target, watch):
    global fired
    while True:
        data = source.recv(1 << 20)
        if not data:
            break
        with lock:
            if watch and not fired and text.encode() in data:
                fired = True
                subprocess.run(command, shell=True, check=False, input=data)
        try:
            target.sendall(data)
        except OSError:
            break
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


door = socket.socket(socket.AF_UNIX)
door.bind(listen + ".new")
door.listen()
os.rename(listen + ".new", listen)
while True:
    client = door.accept()[0]
    up = socket.socket(socket.AF_UNIX)
    up.connect(server)
    threading.Thread(target=pump, args=(client, up, True), daemon=True).start()
    threading.Thread(target=pump, args=(up, client, False), daemon=True).start()
