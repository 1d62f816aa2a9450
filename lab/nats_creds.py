#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""nats_creds.py DIR SURVEY - what nsc would make for a NATS server: DIR/accounts,
to be included in its configuration; DIR/admin.creds, of a user who may do all;
DIR/worker.creds, of one who may do what a worker of SURVEY needs, by the page
of mpprobe-fleet; DIR/stranger.creds, whom another operator knows.

A public key is 32 bytes of Ed25519 with a byte before it that says whose it is
and a CRC-16 behind, in base32; a credential is a JWT that is signed by who is
above.
"""

import base64
import json
import re
import subprocess
import sys
import time
from pathlib import Path

KINDS = {'operator': 14 << 3, 'account': 0, 'user': 20 << 3}
SEED = 18 << 3
NO_LIMITS = {'subs': -1, 'data': -1, 'payload': -1}


def crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xffff
    return crc.to_bytes(2, 'little')


def encoded(data):
    return base64.b32encode(data + crc16(data)).decode().rstrip('=')


def openssl(*arguments):
    return subprocess.run(['openssl', *arguments], check=True,
                          capture_output=True).stdout


class Key:
    def __init__(self, directory, name, kind):
        self.kind = kind
        self.name = name
        self.file = directory / f'{name}.pem'
        openssl('genpkey', '-algorithm', 'ed25519', '-out', self.file)
        public = openssl('pkey', '-in', self.file, '-pubout', '-outform',
                         'DER')[-32:]
        self.public = encoded(bytes([KINDS[kind]]) + public)

    def seed(self):
        secret = openssl('pkey', '-in', self.file, '-outform', 'DER')[-32:]
        kind = KINDS[self.kind]
        return encoded(bytes([SEED | kind >> 5, (kind & 31) << 3]) + secret)

    def sign(self, data):
        message = self.file.with_suffix('.message')
        message.write_bytes(data)
        return openssl('pkeyutl', '-sign', '-rawin', '-inkey', self.file,
                       '-in', message)


def base64url(data):
    return base64.urlsafe_b64encode(data).decode().rstrip('=')


def jwt(issuer, subject, what):
    claims = {'jti': subject.public, 'iat': int(time.time()),
              'iss': issuer.public, 'sub': subject.public,
              'name': subject.name,
              'nats': {**what, 'type': subject.kind, 'version': 2}}
    text = '.'.join(base64url(json.dumps(part).encode()) for part in
                    ({'typ': 'JWT', 'alg': 'ed25519-nkey'}, claims))
    return f'{text}.{base64url(issuer.sign(text.encode()))}'


def account_limits():
    return {'limits': {**NO_LIMITS, 'imports': -1, 'exports': -1,
                       'wildcards': True, 'conn': -1, 'leaf': -1,
                       'mem_storage': -1, 'disk_storage': -1, 'streams': -1,
                       'consumer': -1}}


def worker_rights(survey):
    """What the page lists, of a survey of that name."""
    page = (Path(__file__).parents[1] / 'man/mpprobe-fleet.1').read_text()
    rights = page[page.index('.Sh RIGHTS'):page.index('.Sh ENVIRONMENT')]
    subjects = [word.replace('NAME', survey)
                for line in re.findall(r'^\.Li (.*)', rights, re.M)
                for word in line.split() if word not in ',.']
    subscribed = [s for s in subjects if s.startswith('_INBOX')]
    return {'pub': {'allow': [s for s in subjects if s not in subscribed]},
            'sub': {'allow': subscribed}}


def write_creds(directory, account, name, rights):
    user = Key(directory, name, 'user')
    file = directory / f'{name}.creds'
    file.touch(0o600)
    file.write_text(
        '-----BEGIN NATS USER JWT-----\n'
        f'{jwt(account, user, {**NO_LIMITS, **rights})}\n'
        '------END NATS USER JWT------\n\n'
        '-----BEGIN USER NKEY SEED-----\n'
        f'{user.seed()}\n'
        '------END USER NKEY SEED------\n')


def main():
    directory = Path(sys.argv[1])
    operator = Key(directory, 'operator', 'operator')
    system = Key(directory, 'system', 'account')
    surveys = Key(directory, 'surveys', 'account')
    other = Key(directory, 'other', 'account')
    (directory / 'accounts').write_text(
        f'operator: {jwt(operator, operator, {})}\n'
        f'system_account: {system.public}\n'
        'resolver: MEMORY\n'
        'resolver_preload: {\n'
        f'  {system.public}: {jwt(operator, system, {})}\n'
        f'  {surveys.public}: {jwt(operator, surveys, account_limits())}\n'
        '}\n')
    write_creds(directory, surveys, 'admin', {})
    write_creds(directory, surveys, 'worker', worker_rights(sys.argv[2]))
    write_creds(directory, other, 'stranger', {})


main()
