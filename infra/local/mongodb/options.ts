export interface StoreOptions {
  /** Folder that holds the data; made when absent. One process at a time. */
  dataDir: string;
  /** TCP port on loopback; 0 (default) takes a free one. */
  port?: number;
  /** Default '127.0.0.1'. Anything that is not loopback is refused. */
  host?: string;
  /** Test only: present the store as a replica set of one member and accept transactions without isolation. */
  replicaSet?: string;
  /** Test only: accept configureFailPoint. */
  failPoints?: boolean;
  /** Seconds between TTL sweeps; default 60. */
  ttlSweepSeconds?: number;
  /** Seconds after which an idle cursor is closed; default 600. */
  cursorTimeoutSeconds?: number;
  /**
   * Called for every command, before it is executed and again after its reply is sent. For counters and
   * fault harnesses in tests. The store awaits the promise that it may return.
   */
  onCommand?: (event: CommandEvent) => void | Promise<void>;
}

export interface CommandEvent {
  phase: 'received' | 'answered';
  command: string;
  database: string;
  collection?: string;
  appName?: string;
  connectionId: number;
}
