/* wm-rules: the rule builder over a textarea with JSON. Without JavaScript the textarea is the editor. */
(() => {
    const { Controller } = window.StimulusModule;
    const { el, button, fill, Group, Counter, presetCards } = window.wmRules;
    const QUIET_MS = 350;

    class RulesController extends Controller {
        static targets = ["builder", "json", "count", "people", "live"];

        static values = { builder: Object, previewUrl: String, suggestUrl: String, segment: Number };

        connect() {
            this.textarea = this.jsonTarget.querySelector("textarea");
            this.strings = this.builderValue.strings;
            this.initial = this.textarea.value;
            // The server refused what was sent: lead to the first fault once its place is known.
            this.refused = this.textarea.getAttribute("aria-invalid") === "true";
            this.ctx = this.builderContext();
            this.counter = new Counter({
                box: this.countTarget,
                people: this.peopleTarget,
                url: this.previewUrlValue,
                strings: this.strings,
                onAnswer: (answer) => this.tell(answer),
                onFault: () => this.focusFault(),
            });
            this.onChange = () => this.changed();
            this.onKey = (event) => {
                // Enter in a row would send the whole form.
                if (event.key === "Enter" && event.target.matches("input:not([type=checkbox])")) {
                    event.preventDefault();
                }
            };
            this.onJson = () => this.later();
            this.builderTarget.addEventListener("input", this.onChange);
            this.builderTarget.addEventListener("change", this.onChange);
            this.builderTarget.addEventListener("keydown", this.onKey);
            this.textarea.addEventListener("input", this.onJson);
            this.toggle = button("", () => this.switchMode(), { "aria-expanded": "false" });
            this.notice = el("p", { class: "wm-rules__error", role: "alert", hidden: true });
            this.mode = el("div", { class: "wm-rules__mode" }, this.toggle, this.notice);
            this.element.append(this.mode);
            this.textarea.setAttribute("aria-label", this.strings.showJson);
            this.showBuilder(this.draw());
            this.preview();
        }

        disconnect() {
            clearTimeout(this.timer);
            this.counter.stop();
            this.builderTarget.removeEventListener("input", this.onChange);
            this.builderTarget.removeEventListener("change", this.onChange);
            this.builderTarget.removeEventListener("keydown", this.onKey);
            this.textarea.removeEventListener("input", this.onJson);
            this.builderTarget.replaceChildren();
            this.mode.remove();
            this.jsonTarget.hidden = false;
        }

        /* What rows and groups need from here. */
        builderContext() {
            let number = 0;
            return {
                ...this.builderValue,
                suggestUrl: this.suggestUrlValue,
                uid: (name) => `${this.textarea.id}-${name}-${(number += 1)}`,
                changed: () => this.changed(),
                restructured: (text, item) => this.restructured(text, item),
                forget: (note) => {
                    this.removed?.remove();
                    this.removed = note;
                },
                fresh: () => ({ kind: "orders", params: { measure: "count", op: ">=", value: 1 } }),
            };
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
            this.root = new Group(this.ctx, data);
            this.root.number("");
            for (const row of this.root.rows()) row.left = true;
            const fresh = !this.segmentValue && this.textarea.value === this.initial && !this.refused;
            this.presets = presetCards(this.ctx, this.builderValue.presets, fresh, (rules, label) =>
                this.start(rules, label),
            );
            this.builderTarget.replaceChildren(this.presets, this.root.element);
            return true;
        }

        /* A start from a card: instead of the example of an untouched new segment, else beside what is there. */
        start(rules, label) {
            const untouched = !this.segmentValue && this.textarea.value === this.initial;
            if (untouched) for (const item of [...this.root.items]) this.root.take(item);
            const added = rules.map((rule) => this.root.put(rule));
            this.presets.open = false;
            this.restructured(fill(this.strings.started, { label }));
            added[0].focusValue();
        }

        restructured(text, item) {
            this.root.number("");
            this.liveTarget.textContent = fill(text, {
                number: item?.position ?? "",
                count: item?.group?.items.length ?? "",
            });
            this.changed();
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
            const text = JSON.stringify({ version: 1, ...this.root.get() }, null, 2);
            if (text === this.textarea.value) return;
            this.textarea.value = text;
            // Wagtail watches the form's own fields for unsaved changes and autosave.
            this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
            this.textarea.dispatchEvent(new Event("change", { bubbles: true }));
        }

        later() {
            this.counter.outdate();
            clearTimeout(this.timer);
            this.timer = setTimeout(() => this.preview(), QUIET_MS);
        }

        preview() {
            clearTimeout(this.timer);
            let rules;
            try {
                rules = JSON.parse(this.textarea.value);
            } catch (error) {
                this.counter.tell(`${this.strings.notJson} ${error.message}`);
                return;
            }
            this.counter.ask({ rules, segment: this.segmentValue || null });
        }

        tell(answer) {
            this.root?.tell("", answer.words, answer.errors);
            if (this.refused && answer.errors.length) this.focusFault();
            this.refused = false;
        }

        focusFault() {
            const [first] = this.root?.atFault() ?? [];
            (first ?? this.root)?.focusFault();
        }
    }

    window.wagtail.app.register("wm-rules", RulesController);
})();
