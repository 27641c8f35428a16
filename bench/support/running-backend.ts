/** Where runs are kept, in a process of its own, empty at first. */
export interface RunningBackend {
  title: string;
  uri: string;
  stop(): Promise<void>;
}
