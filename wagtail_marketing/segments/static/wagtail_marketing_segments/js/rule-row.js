/* A row of the rule builder: one condition, drawn from its kind's descriptor. The DOM is the state: nothing
   is drawn again while somebody works, so that the focus stays; a part is replaced only when what it depends
   on changes. */
(() => {
    const { el, iconButton, select, fill, at, put, valueFor, inputFor, controlsOf, Actions } = window.wmRules;

    const BLANK = " ";

    class Row {
        constructor(ctx, data, group) {
            this.ctx = ctx;
            this.group = group;
            this.extras = new Map();
            this.subject = el("select", { "aria-label": ctx.strings.what, class: "wm-rules__subject" });
            for (const kind of ctx.kinds) {
                const subjects = kind.subject ? kind.subjects : [{ key: "", label: kind.label }];
                const options = subjects.map((one) => el("option", { value: `${kind.key}|${one.key}` }, one.label));
                this.subject.append(el("optgroup", { label: kind.label }, ...options));
            }
            this.comparison = el("span", { class: "wm-rules__comparison" });
            this.details = el("div", { class: "wm-rules__details" });
            this.words = el("p", { class: "wm-rules__words", id: ctx.uid("words") });
            this.error = el("p", { class: "wm-rules__error", id: ctx.uid("error"), hidden: true });
            this.legend = el("legend", { class: "w-sr-only" });
            this.actions = new Actions(ctx, this);
            this.fieldset = el(
                "fieldset",
                { class: "wm-rules__row", "aria-describedby": `${this.error.id} ${this.words.id}` },
                this.legend,
                el("div", { class: "wm-rules__line" }, this.subject, this.comparison, this.actions.element),
                this.details,
                this.error,
                this.words,
            );
            this.element = el("li", { class: "wm-rules__item" }, this.fieldset);
            this.subject.addEventListener("change", () => this.change());
            // Nobody is told off while still filling in: what is missing is an error once the row is left.
            this.fieldset.addEventListener("focusout", (event) => {
                if (event.relatedTarget && !this.fieldset.contains(event.relatedTarget)) this.leave();
            });
            this.load(data);
        }

        /* Whether the builder can show `data` without losing any of it. */
        static knows(ctx, data) {
            const kind = ctx.kinds.find((one) => one.key === data.kind);
            if (!kind) return false;
            const params = data.params ?? {};
            if (kind.subject && !kind.subjects.some((one) => one.key === params[kind.subject])) return false;
            const own = kind.subject ? [kind.subject, "op", "value"] : [];
            const names = [...own, ...kind.inputs.map((one) => one.name), ...kind.extras.map((one) => one.name)];
            const given = (inner, prefix) =>
                Object.entries(inner).every(([key, value]) => {
                    const name = prefix + key;
                    if (names.includes(name)) return true;
                    return value !== null && typeof value === "object" && !Array.isArray(value) && given(value, `${name}.`);
                });
            return given(params, "");
        }

        load(data) {
            const params = data.params ?? {};
            this.kind = this.ctx.kinds.find((one) => one.key === data.kind);
            this.spec = this.kind.subject
                ? this.kind.subjects.find((one) => one.key === params[this.kind.subject])
                : { key: "" };
            this.subject.value = `${this.kind.key}|${this.spec.key}`;
            this.drawComparison(params);
            this.drawDetails(params);
        }

        change() {
            const [kindKey, key] = this.subject.value.split("|");
            const before = this.kind;
            const kept = this.get().params;
            this.kind = this.ctx.kinds.find((one) => one.key === kindKey);
            const previous = this.spec;
            this.spec = this.kind.subject ? this.kind.subjects.find((one) => one.key === key) : { key: "" };
            const same = previous.type === this.spec.type && before === this.kind;
            this.drawComparison(same && !this.spec.choices?.length ? { op: kept.op, value: kept.value } : {});
            if (before !== this.kind) this.drawDetails({});
        }

        drawComparison(params) {
            this.comparison.replaceChildren();
            this.inputs = this.kind.inputs.map((spec) => [spec, inputFor(this.ctx, spec, at(params, spec.name))]);
            for (const [, input] of this.inputs) this.comparison.append(input.element);
            this.op = null;
            this.value = null;
            if (!this.kind.subject) return;
            const words = this.ctx.ops[this.spec.type] ?? this.ctx.ops.text;
            const options = this.spec.ops.map((op) => [op, words[op] ?? op]);
            const op = this.spec.ops.includes(params.op) ? params.op : this.spec.ops[0];
            this.op = select(this.ctx.strings.how, options, op, { class: "wm-rules__op" });
            this.slot = el("span", { class: "wm-rules__value" });
            this.comparison.append(this.op, this.slot);
            this.drawValue(params.value);
            this.op.addEventListener("change", () => this.drawValue(this.value?.get()));
        }

        drawValue(value) {
            this.value = valueFor(this.ctx, this.spec, this.op.value, value, this.ctx.strings.value);
            this.slot.replaceChildren(...(this.value ? [this.value.element] : []));
        }

        drawDetails(params) {
            this.extras.clear();
            this.list = el("div", { class: "wm-rules__extras" });
            this.details.replaceChildren(this.list);
            this.adder = null;
            if (!this.kind.extras.length) return;
            this.adder = el("select", { "aria-label": this.ctx.strings.addDetail, class: "wm-rules__adder" });
            this.adder.addEventListener("change", (event) => {
                event.stopPropagation();
                const spec = this.kind.extras.find((one) => one.name === this.adder.value);
                if (!spec) return;
                this.addExtra(spec).focus();
                this.ctx.changed();
            });
            this.details.append(this.adder);
            for (const spec of this.kind.extras) {
                const value = at(params, spec.name);
                if (value !== undefined && value !== null && value !== "") this.addExtra(spec, value);
            }
            this.drawAdder();
        }

        addExtra(spec, value) {
            const input = inputFor(this.ctx, spec, value);
            const line = el(
                "div",
                { class: "wm-rules__extra" },
                el("span", { class: "wm-rules__extra-label" }, spec.label),
                input.element,
                iconButton(`${this.ctx.strings.removeDetail}: ${spec.label}`, "cross", () => {
                    line.remove();
                    this.extras.delete(spec.name);
                    this.drawAdder();
                    this.adder.focus();
                    this.ctx.changed();
                }),
            );
            this.extras.set(spec.name, input);
            this.list.append(line);
            this.drawAdder();
            return input;
        }

        drawAdder() {
            const left = this.kind.extras.filter((one) => !this.extras.has(one.name));
            this.adder.replaceChildren(
                el("option", { value: "" }, this.ctx.strings.addDetail),
                ...left.map((one) => el("option", { value: one.name }, one.label)),
            );
            this.adder.hidden = left.length === 0;
        }

        get() {
            const params = {};
            if (this.kind.subject) {
                params[this.kind.subject] = this.spec.key;
            }
            for (const [spec, input] of this.inputs) put(params, spec.name, input.get());
            if (this.op) {
                params.op = this.op.value;
                if (this.value) params.value = this.value.get();
            }
            for (const [name, input] of this.extras) put(params, name, this.filled(name, input.get()));
            return { kind: this.kind.key, params };
        }

        /* A detail that was added and not filled in must not widen the segment: the server refuses a blank. */
        filled(name, value) {
            const empty = typeof value === "object" ? Object.keys(value).length === 0 : value === "";
            if (!empty) return value;
            const { type } = this.kind.extras.find((one) => one.name === name);
            return type === "list" ? [BLANK] : type === "period" ? { from: BLANK } : BLANK;
        }

        /* How deep it is: a row is no level of its own. */
        get levels() {
            return 0;
        }

        number(number) {
            this.position = number;
            this.legend.textContent = fill(this.ctx.strings.conditionNumber, { number });
            this.actions.number(number);
        }

        /* Shows what the server says of this row; returns whether something is wrong with it. */
        tell(path, words, errors) {
            const mine = errors.filter((error) => error.path === path || error.path.startsWith(`${path}.`));
            this.words.textContent = words[path] ?? "";
            this.error.textContent = mine.map((error) => error.message).join(" ");
            this.error.hidden = mine.length === 0;
            this.faults = mine.map((error) => error.path.slice(path.length + 1));
            this.mark();
            return mine.length > 0;
        }

        leave() {
            this.left = true;
            this.mark();
        }

        mark() {
            const wrong = this.faults?.length > 0;
            this.fieldset.toggleAttribute("data-unfinished", wrong && !this.left);
            this.fieldset.toggleAttribute("data-wrong", wrong && Boolean(this.left));
            for (const control of controlsOf(this.fieldset)) {
                control.removeAttribute("aria-invalid");
                control.removeAttribute("aria-describedby");
            }
            if (!wrong) return;
            for (const fault of this.faults) {
                for (const control of controlsOf(this.part(fault))) {
                    if (this.left) control.setAttribute("aria-invalid", "true");
                    control.setAttribute("aria-describedby", this.error.id);
                }
            }
        }

        /* The part of the row that `path` (from the server, below this rule) is about. */
        part(path) {
            const below = path.replace(/^params\.?/, "");
            const named = [...this.inputs.map(([spec, input]) => [spec.name, input]), ...this.extras];
            if (this.value) named.push(["value", this.value]);
            for (const [name, input] of named) {
                if (below === name) return input.element;
                if (below.startsWith(`${name}.`)) return input.part?.(below.slice(name.length + 1)) ?? input.element;
            }
            return below === "op" && this.op ? this.op : this.subject;
        }

        focus() {
            this.subject.focus();
        }

        /* To the first thing that is still to be filled in. */
        focusValue() {
            const empty = controlsOf(this.comparison).find((input) => !input.value && !input.hidden);
            const more = controlsOf(this.details).find((input) => input.matches("input") && !input.value);
            (empty ?? more ?? this.subject).focus();
        }

        /* To what the server found wrong. */
        focusFault() {
            this.leave();
            (controlsOf(this.part(this.faults[0] ?? ""))[0] ?? this.subject).focus();
        }
    }

    Object.assign(window.wmRules, { Row });
})();
