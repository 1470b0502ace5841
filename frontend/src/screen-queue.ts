// Cars that wait to be sent: kept in the browser until the server has answered for each. Nothing in them is personal.

export interface Car {
  key: string;
  checkpoint: string;
  /** When it was entered, by this phone's clock. */
  at: number;
  lane: number;
  province: string;
  energy: boolean;
  people: number;
}

const NAME = "wangge-screening";
const STORE = "cars";

const answer = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("storage"));
  });

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(NAME, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
  return answer(request);
}

/** The queue; where a browser keeps nothing it lasts as long as the page, and `kept` says so. */
export class Waiting {
  private readonly memory = new Map<string, Car>();

  private constructor(private readonly database: IDBDatabase | null) {}

  static async begin(): Promise<Waiting> {
    try {
      return new Waiting(await open());
    } catch {
      return new Waiting(null);
    }
  }

  get kept(): boolean {
    return this.database !== null;
  }

  private async store(mode: IDBTransactionMode, work: (store: IDBObjectStore) => void): Promise<void> {
    const transaction = this.database!.transaction(STORE, mode, { durability: "strict" });
    work(transaction.objectStore(STORE));
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("storage"));
    });
  }

  async add(car: Car): Promise<void> {
    if (this.database) {
      try {
        return await this.store("readwrite", (store) => store.put(car));
      } catch {
        // A full disk: the page still holds it.
      }
    }
    this.memory.set(car.key, car);
  }

  async all(): Promise<Car[]> {
    const kept: Car[] = this.database ? await answer(this.database.transaction(STORE).objectStore(STORE).getAll()) : [];
    return [...kept, ...this.memory.values()];
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.memory.delete(key);
    if (this.database && keys.length) await this.store("readwrite", (store) => keys.forEach((key) => store.delete(key)));
  }
}
