import { createSocket, type Socket } from 'node:dgram'
import type { SocketAddress } from '../../core/settings.ts'
import { leaveBy } from '../source/sockets.ts'
import type { Channel, ChannelEvents, ChannelPhase } from './channel.ts'
import { familyOf, isOwnFault, type SocketFault, socketFault } from './errno-reasons.ts'
import type { Expectations } from './expectations.ts'
import type { SipEndpoint } from './sip-transports.ts'

/**
 * A connected datagram socket: the kernel drops what others send to it, and reports an ICMP port unreachable
 * (RFC 3261 section 18.4), which an unconnected socket never learns of.
 */
export class UdpChannel implements Channel {
  readonly endpoint: SipEndpoint
  readonly expectations: Expectations
  readonly #socket: Socket
  readonly #events: ChannelEvents
  readonly #opened: Promise<SocketFault | undefined>
  #settleOpened: (fault: SocketFault | undefined) => void = () => {}
  #closed: Promise<void> | undefined
  #phase: ChannelPhase = 'connecting'
  #local: SocketAddress = { address: '', port: 0 }

  constructor(endpoint: SipEndpoint, expectations: Expectations, events: ChannelEvents) {
    this.endpoint = endpoint
    this.expectations = expectations
    this.#events = events
    this.#socket = createSocket(familyOf(endpoint.address) === 4 ? 'udp4' : 'udp6')
    this.#opened = new Promise((resolve) => {
      this.#settleOpened = resolve
    })
    this.#connect()
  }

  get phase(): ChannelPhase {
    return this.#phase
  }

  get local(): SocketAddress {
    return this.#local
  }

  opened(): Promise<SocketFault | undefined> {
    return this.#opened
  }

  send(bytes: Uint8Array, failed: (fault: SocketFault) => void): void {
    if (this.#phase !== 'open') {
      failed({ reason: 'internal', detail: 'the socket is not open' })
      return
    }
    this.#socket.send(bytes, (error) => {
      if (error === null || error === undefined) return
      const fault = socketFault(error, 'local')
      failed(fault)
      // Its interface or its address is gone, and may come back as another: the next question opens a socket anew.
      if (fault.reason === 'no-route') this.#gone(fault)
    })
  }

  close(): Promise<void> {
    this.#phase = 'closed'
    this.#settleOpened({ reason: 'aborted', detail: 'closed' })
    this.#closed ??= new Promise((resolve) => this.#socket.close(() => resolve()))
    return this.#closed
  }

  #connect(): void {
    const { address, port, source } = this.endpoint
    const connect = () => {
      this.#socket.connect(port, address, (error?: Error | null) => {
        if (this.#phase !== 'connecting') return
        if (error !== undefined && error !== null) this.#gone(socketFault(error, 'local'))
        else this.#open()
      })
    }
    this.#socket.on('message', (bytes) => this.expectations.deliver(bytes))
    this.#socket.on('error', (error) => {
      const fault = socketFault(error, this.#phase === 'connecting' ? 'local' : 'remote')
      // An ICMP error leaves the socket as good as it was; a fault of our own does not.
      if (this.#phase === 'connecting' || isOwnFault(fault)) this.#gone(fault)
      else this.expectations.fail(fault)
    })
    leaveBy(this.#socket, familyOf(address), source, connect)
  }

  #open(): void {
    const { address, port } = this.#socket.address()
    this.#local = { address, port }
    this.#phase = 'open'
    this.#settleOpened(undefined)
  }

  #gone(fault: SocketFault): void {
    if (this.#phase === 'closed') return
    this.#settleOpened(fault)
    void this.close()
    this.#events.onGone(fault)
    this.expectations.fail(fault)
  }
}
