/* Small controllers of the campaign screens; everything works without them. */
(() => {
    const { Controller } = window.StimulusModule;

    /* wm-reach: counts the audience again as segments are ticked; only the newest answer is shown. */
    class ReachController extends Controller {
        static targets = ["text"];

        static values = { url: String, failed: String, wait: { type: Number, default: 300 } };

        disconnect() {
            clearTimeout(this.timer);
            this.request?.abort();
        }

        later() {
            clearTimeout(this.timer);
            this.timer = setTimeout(() => this.count(), this.waitValue);
        }

        async count() {
            this.request?.abort();
            this.request = new AbortController();
            this.textTarget.setAttribute("aria-busy", "true");
            try {
                const response = await fetch(this.urlValue, {
                    method: "POST",
                    body: new FormData(this.element),
                    headers: { "X-Requested-With": "XMLHttpRequest" },
                    signal: this.request.signal,
                });
                if (!response.ok) throw new Error(String(response.status));
                this.textTarget.textContent = (await response.json()).sentence;
            } catch (error) {
                if (error.name === "AbortError") return;
                this.textTarget.textContent = this.failedValue;
            }
            this.textTarget.removeAttribute("aria-busy");
        }
    }

    /* wm-autosubmit: a choice is enough; the button stays for who has no script. */
    class AutosubmitController extends Controller {
        submit() {
            this.element.requestSubmit();
        }
    }

    window.wagtail.app.register("wm-reach", ReachController);
    window.wagtail.app.register("wm-autosubmit", AutosubmitController);
})();
