/* Small controllers of the marketing screens. Wagtail's Stimulus application registers them; this file is
   the only one that touches its global names, so that a change in Wagtail is met in one place. */
(() => {
    const { Controller } = window.StimulusModule;

    /* wm-confirm: the button opens when the typed word matches; nobody sends twice by clicking twice. */
    class ConfirmController extends Controller {
        static targets = ["typed", "submit"];

        static values = { word: String };

        connect() {
            this.check();
            this.once = () => {
                this.submitTarget.setAttribute("aria-disabled", "true");
                this.sent = true;
            };
            this.guard = (event) => {
                if (this.sent) event.preventDefault();
                else this.once();
            };
            this.element.addEventListener("submit", this.guard);
        }

        disconnect() {
            this.element.removeEventListener("submit", this.guard);
        }

        check() {
            if (!this.hasTypedTarget) return;
            this.submitTarget.disabled = this.typedTarget.value.trim() !== this.wordValue;
        }
    }

    /* wm-poll: replaces its content by the fragment at `url` every `interval` ms until the fragment's first
       element carries data-wm-poll-done. Keeps the focus that is inside. */
    class PollController extends Controller {
        static values = { url: String, interval: { type: Number, default: 2000 } };

        connect() {
            this.failures = 0;
            this.plan();
        }

        disconnect() {
            clearTimeout(this.timer);
        }

        plan() {
            if (this.element.querySelector("[data-wm-poll-done]")) return;
            const wait = this.intervalValue * 2 ** Math.min(this.failures, 4);
            this.timer = setTimeout(() => this.load(), wait);
        }

        async load() {
            try {
                const response = await fetch(this.urlValue, {
                    headers: { "X-Requested-With": "XMLHttpRequest" },
                });
                if (!response.ok) throw new Error(String(response.status));
                const html = await response.text();
                if (!this.element.isConnected) return;
                this.failures = 0;
                this.replace(html);
            } catch {
                this.failures += 1;
            }
            this.plan();
        }

        replace(html) {
            const focused = this.element.contains(document.activeElement) ? document.activeElement.id : "";
            const fresh = new DOMParser().parseFromString(html, "text/html").body;
            this.element.replaceChildren(...fresh.childNodes);
            if (focused) document.getElementById(focused)?.focus();
        }
    }

    window.wagtail.app.register("wm-confirm", ConfirmController);
    window.wagtail.app.register("wm-poll", PollController);
})();
