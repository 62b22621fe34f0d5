/** Words that the pages' JSDoc uses everywhere; what the server sends is in namespaces `Live` and `Rest`. */

type Signal<T> = import("@preact/signals").Signal<T>;
type Problem = import("../frontend_static/js/problem.js").Problem;
/** `{name, one, other}` texts and the like, as a template gives them. */
type VNode = import("preact").VNode;

/** A language that the pages are in. */
type Language = "en" | "he";
/** An event of a box that somebody types in. */
type Typed = Event & { target: HTMLInputElement };
/** An event of a list that somebody chooses from. */
type Chosen = Event & { target: HTMLSelectElement };

/** What a page of a list answers; its rows may be of any kind that the list's address has. */
type Page<Row> = { count: number; next: string | null; previous: string | null; results: Row[] };

/** What a command over the socket takes and answers; frames of the socket itself are not among the commands. */
type CommandBody<C> = C extends keyof Live.Commands ? Live.Commands[C]["body"] : Record<string, unknown>;
type CommandAnswer<C> = C extends keyof Live.Commands ? Live.Commands[C]["answer"] : any;

/** What a payment's `client` holds, by its provider. */
type ProviderClient = {
  publishable_key?: string;
  client_secret?: string;
  key_id?: string;
  order_id?: string;
  approve_url?: string;
  cards?: Rest.CardAnswer[];
};

interface Window {
  /** Providers' own scripts; see js/pay/. */
  Stripe?: any;
  Razorpay?: any;
}
