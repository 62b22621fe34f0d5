/** A part of a page that stands or falls alone: what breaks in it is told in its place, and the rest goes on. */
import { html, Component } from "../ui.js";
import { t } from "../i18n.js";
import { Icon } from "./icons.js";

/** `of`: what it is made of, with another one it is tried again; `what`: its name for people; `as`: its element. */
export class Boundary extends Component {
  constructor(/** @type {{ what: string, of: unknown, as?: string, children?: any }} */ props) {
    super(props);
    this.state = { broken: false, of: null };
  }

  static getDerivedStateFromProps(
    /** @type {{ of: unknown }} */ { of },
    /** @type {{ broken: boolean, of: unknown }} */ state,
  ) {
    return state.broken && state.of !== of ? { broken: false } : null;
  }

  componentDidCatch(/** @type {unknown} */ error) {
    console.error(`${this.props.what}:`, error);
    this.setState({ broken: true, of: this.props.of });
  }

  render() {
    const { what, as = "p", children } = this.props;
    if (!this.state.broken) return children;
    return html`<${as} class="note note-danger" role="alert">
      <${Icon} name="alert" /><span>${t("part.broken", { what })}</span>
    <//>`;
  }
}
