import { Component, type ComponentChildren } from "preact";

interface Props {
  children: ComponentChildren;
}

/** A page that fails, or cannot be loaded, leaves the others alone and says what to do. */
export class Boundary extends Component<Props, { hasFailed: boolean }> {
  override state = { hasFailed: false };

  static override getDerivedStateFromError() {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <div class="notice bad" role="alert">
        <p>
          <strong>This page could not be shown.</strong> Perhaps the server was changed meanwhile, or cannot be reached.
        </p>
        <button type="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </div>
    );
  }
}
