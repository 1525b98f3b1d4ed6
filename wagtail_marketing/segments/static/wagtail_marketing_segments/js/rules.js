/* wm-rules: the rule builder over a textarea with JSON. Without JavaScript the textarea is the editor. */
(() => {
    const { Controller } = window.StimulusModule;
    const { el, button, select, Group } = window.wmRules;
    const QUIET_MS = 350;

    class RulesController extends Controller {
        static targets = ["builder", "json", "count"];

        static values = { builder: Object, previewUrl: String, suggestUrl: String };

        connect() {
            this.textarea = this.jsonTarget.querySelector("textarea");
            this.strings = this.builderValue.strings;
            let number = 0;
            this.ctx = {
                ...this.builderValue,
                suggestUrl: this.suggestUrlValue,
                uid: (name) => `${this.textarea.id}-${name}-${(number += 1)}`,
                changed: () => this.changed(),
                say: (text) => this.say(text),
                fresh: () => ({
                    kind: "orders",
                    params: { measure: "count", op: ">=", value: 1 },
                }),
            };
            this.onChange = () => this.changed();
            this.onKey = (event) => {
                // Enter in a row would send the whole form.
                if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])")) {
                    event.preventDefault();
                }
            };
            this.builderTarget.addEventListener("input", this.onChange);
            this.builderTarget.addEventListener("change", this.onChange);
            this.builderTarget.addEventListener("keydown", this.onKey);
            this.toggle = button("", () => this.switchMode(), { "aria-expanded": "false" });
            this.notice = el("p", { class: "wm-rules__error", hidden: true });
            this.element.append(el("div", { class: "wm-rules__mode" }, this.toggle, this.notice));
            this.textarea.setAttribute("aria-label", this.strings.showJson);
            this.countTarget.hidden = false;
            this.showBuilder(this.draw());
            this.preview();
        }

        disconnect() {
            clearTimeout(this.timer);
            this.running?.abort();
            this.builderTarget.removeEventListener("input", this.onChange);
            this.builderTarget.removeEventListener("change", this.onChange);
            this.builderTarget.removeEventListener("keydown", this.onKey);
            this.builderTarget.replaceChildren();
            this.toggle.parentElement.remove();
            this.jsonTarget.hidden = false;
        }

        /* Rows from the JSON; false where the builder cannot show it. */
        draw() {
            let data;
            try {
                data = JSON.parse(this.textarea.value || "{}");
            } catch {
                return false;
            }
            if (!Group.knows(this.ctx, data)) return false;
            this.quiet = true;
            this.root = new Group(this.ctx, data);
            this.quiet = false;
            const presets = select(
                this.strings.start,
                [["", this.strings.preset], ...this.builderValue.presets.map((one, index) => [index, one.label])],
                "",
            );
            presets.addEventListener("change", (event) => {
                event.stopPropagation();
                this.addPreset(this.builderValue.presets[presets.value]);
                presets.value = "";
            });
            const start = el(
                "label",
                { class: "wm-rules__presets" },
                el("span", {}, this.strings.start),
                presets,
            );
            this.builderTarget.replaceChildren(start, this.root.element);
            return true;
        }

        addPreset(preset) {
            if (!preset) return;
            const added = preset.rules.map((rule) => this.root.add(structuredClone(rule), false));
            this.changed();
            added[0].focusValue();
        }

        showBuilder(works) {
            this.builderTarget.hidden = !works;
            this.jsonTarget.hidden = works;
            this.toggle.textContent = works ? this.strings.showJson : this.strings.hideJson;
            this.toggle.setAttribute("aria-expanded", String(!works));
        }

        switchMode() {
            this.notice.hidden = true;
            if (this.jsonTarget.hidden) {
                this.showBuilder(false);
                this.textarea.focus();
                return;
            }
            const works = this.draw();
            this.notice.hidden = works;
            this.notice.textContent = works ? "" : this.strings.unreadable;
            this.showBuilder(works);
            if (works) this.root.focus();
            this.preview();
        }

        changed() {
            if (this.quiet) return;
            const text = JSON.stringify({ version: 1, ...this.root.get() }, null, 2);
            if (text === this.textarea.value) return;
            this.textarea.value = text;
            // Wagtail watches the form's own fields for unsaved changes and autosave.
            this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
            this.textarea.dispatchEvent(new Event("change", { bubbles: true }));
            clearTimeout(this.timer);
            this.timer = setTimeout(() => this.preview(), QUIET_MS);
        }

        async preview() {
            let rules;
            try {
                rules = JSON.parse(this.textarea.value);
            } catch {
                return;
            }
            this.running?.abort();
            const running = new AbortController();
            this.running = running;
            const config = JSON.parse(document.getElementById("wagtail-config")?.textContent ?? "{}");
            this.element.setAttribute("aria-busy", "true");
            const slow = setTimeout(() => this.say(this.strings.counting), 600);
            try {
                const response = await fetch(this.previewUrlValue, {
                    method: "POST",
                    signal: running.signal,
                    headers: {
                        "Content-Type": "application/json",
                        [config.CSRF_HEADER_NAME ?? "X-CSRFToken"]: config.CSRF_TOKEN ?? "",
                        "X-Requested-With": "XMLHttpRequest",
                    },
                    body: JSON.stringify({ rules }),
                });
                const answer = await response.json();
                clearTimeout(slow);
                if (answer.error) this.refuse(answer.error);
                else this.show(answer);
            } catch (error) {
                clearTimeout(slow);
                if (error.name === "AbortError") return;
                this.say(this.strings.failed);
            }
            if (this.running === running) this.element.removeAttribute("aria-busy");
        }

        show(answer) {
            this.root?.tell("", answer.words, null);
            const example = answer.sample.length
                ? el("span", { class: "wm-rules__sample" }, `${this.strings.forExample}: ${answer.sample.join(", ")}`)
                : null;
            this.countTarget.replaceChildren(
                el("strong", {}, answer.text),
                ...(example ? [example] : []),
                el("span", { class: "wm-rules__sentence" }, answer.sentence),
            );
        }

        refuse(answer) {
            this.root?.tell("", {}, answer);
            this.say(answer.message);
        }

        say(text) {
            this.countTarget.replaceChildren(el("span", {}, text));
        }
    }

    window.wagtail.app.register("wm-rules", RulesController);
})();
