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

    /* wm-bulk: chooses every row of a page, and says how many are chosen. Without it each row is chosen alone. */
    class BulkController extends Controller {
        static targets = ["row", "all", "whole", "count", "scope"];

        connect() {
            if (this.hasWholeTarget) this.wholeTarget.hidden = false;
            this.plain = this.countTarget.textContent;
            this.count();
        }

        all() {
            for (const row of this.rowTargets) row.checked = this.allTarget.checked;
            this.count();
        }

        count() {
            const chosen = this.rowTargets.filter((row) => row.checked).length;
            const { one, many } = this.countTarget.dataset;
            this.countTarget.textContent =
                chosen === 0 ? this.plain : chosen === 1 ? one : many.replace("#", String(chosen));
            if (this.hasAllTarget) {
                this.allTarget.checked = chosen > 0 && chosen === this.rowTargets.length;
                this.allTarget.indeterminate = chosen > 0 && chosen < this.rowTargets.length;
            }
            if (chosen > 0) this.scopeTargets[0].checked = true;
        }
    }

    /* wm-colour: a picker beside a field for a hex colour; each follows the other. */
    class ColourController extends Controller {
        static values = { label: String };

        connect() {
            if (this.element.parentElement.classList.contains("wm-colour")) return;
            const box = document.createElement("div");
            box.className = "wm-colour";
            this.element.replaceWith(box);
            this.picker = document.createElement("input");
            this.picker.type = "color";
            this.picker.setAttribute("aria-label", this.labelValue);
            box.append(this.picker, this.element);
            this.picker.addEventListener("input", () => {
                this.element.value = this.picker.value;
                this.element.dispatchEvent(new Event("input", { bubbles: true }));
                this.element.dispatchEvent(new Event("change", { bubbles: true }));
            });
            this.element.addEventListener("input", () => this.follow());
            this.follow();
        }

        follow() {
            if (/^#[0-9a-f]{6}$/i.test(this.element.value)) this.picker.value = this.element.value;
        }
    }

    window.wagtail.app.register("wm-bulk", BulkController);
    window.wagtail.app.register("wm-colour", ColourController);
    window.wagtail.app.register("wm-confirm", ConfirmController);
    window.wagtail.app.register("wm-poll", PollController);
})();
