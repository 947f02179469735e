import type { SipQuestion } from '../../src/probes/transport/sip-transports.ts'

/** The plainest OPTIONS there is, over TCP. */
export const OPTIONS_QUESTION: SipQuestion = {
  method: 'OPTIONS',
  compose: (_, { branch, callId, fromTag }) =>
    Buffer.from(
      [
        'OPTIONS sip:127.0.0.1 SIP/2.0',
        `Via: SIP/2.0/TCP 127.0.0.1;branch=${branch};rport`,
        `From: <sip:a@127.0.0.1>;tag=${fromTag}`,
        'To: <sip:127.0.0.1>',
        `Call-ID: ${callId}`,
        'CSeq: 1 OPTIONS',
        'Content-Length: 0',
        '',
        '',
      ].join('\r\n'),
    ),
}
