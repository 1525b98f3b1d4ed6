/* A group of the rule builder: all, any or none of its rows and groups. Moving keeps the elements, so that
   nothing that was typed is lost; what changes its depth is made anew from its data. */
(() => {
    const { el, button, select, fill, Row, Actions } = window.wmRules;

    class Group {
        constructor(ctx, data, group = null, depth = 1) {
            this.ctx = ctx;
            this.group = group;
            this.depth = depth;
            this.items = [];
            const { strings } = ctx;
            const options = ["all", "any", "none"].map((match) => [match, strings[match]]);
            this.match = select(strings.match, options, data.match ?? "all", { class: "wm-rules__match" });
            this.list = el("ol", { class: "wm-rules__items" });
            this.error = el("p", { class: "wm-rules__error", id: ctx.uid("error"), hidden: true });
            this.addButton = button(strings.add, () => this.insert(ctx.fresh()).focus());
            const footer = el("div", { class: "wm-rules__buttons" }, this.addButton);
            if (depth < ctx.maxDepth) {
                footer.append(
                    button(strings.addGroup, () =>
                        this.insert({ match: "any", rules: [ctx.fresh()] }).items[0].focus(),
                    ),
                );
            }
            this.legend = el("legend", { class: "w-sr-only" }, strings.conditions);
            this.actions = group ? new Actions(ctx, this) : null;
            const head = el(
                "div",
                { class: "wm-rules__head" },
                el("span", { "aria-hidden": "true" }, strings.match),
                this.match,
                this.actions?.element,
            );
            this.element = el(
                group ? "li" : "div",
                { class: "wm-rules__item" },
                el(
                    "fieldset",
                    {
                        class: group ? "wm-rules__group" : "wm-rules__root",
                        "aria-describedby": this.error.id,
                    },
                    this.legend,
                    head,
                    this.error,
                    this.list,
                    footer,
                ),
            );
            this.match.addEventListener("change", () => this.join());
            for (const rule of data.rules ?? []) this.put(rule);
            this.join();
        }

        static knows(ctx, data, depth = 1) {
            if (!data || typeof data !== "object" || !Array.isArray(data.rules) || depth > ctx.maxDepth) return false;
            if (!["all", "any", "none"].includes(data.match ?? "all")) return false;
            return data.rules.every((rule) =>
                rule?.rules ? Group.knows(ctx, rule, depth + 1) : Row.knows(ctx, rule ?? {}),
            );
        }

        /* How many levels of groups it holds, with itself. */
        get levels() {
            return 1 + Math.max(0, ...this.items.map((item) => item.levels));
        }

        place(item) {
            return this.items.indexOf(item);
        }

        put(data, index = this.items.length) {
            const item = data.rules ? new Group(this.ctx, data, this, this.depth + 1) : new Row(this.ctx, data, this);
            this.list.insertBefore(item.element, this.items[index]?.element ?? null);
            this.items.splice(index, 0, item);
            return item;
        }

        insert(data, index) {
            const item = this.put(data, index);
            this.ctx.restructured(this.ctx.strings.added, item);
            return item;
        }

        take(item) {
            this.items.splice(this.place(item), 1);
            item.element.remove();
        }

        /* What was removed can be taken back at its place, where the focus is. */
        remove(item) {
            const data = item.get();
            const text = fill(data.rules ? this.ctx.strings.removedGroup : this.ctx.strings.removed, {
                number: item.position,
            });
            const undo = button(this.ctx.strings.undo, () => {
                const index = this.items.filter(
                    (one) => one.element.compareDocumentPosition(note) & Node.DOCUMENT_POSITION_FOLLOWING,
                ).length;
                this.ctx.forget();
                const back = this.put(data, index);
                this.ctx.restructured(this.ctx.strings.restored, back);
                back.focus();
            });
            const note = el("li", { class: "wm-rules__undo" }, el("span", {}, text), undo);
            this.ctx.forget(note);
            item.element.before(note);
            this.take(item);
            undo.focus();
            this.ctx.restructured(text);
        }

        move(item, step) {
            const from = this.place(item);
            const other = this.items[from + step];
            this.items.splice(from, 1);
            this.items.splice(from + step, 0, item);
            // The neighbour moves, so that the row with the focus stays in the document.
            if (step < 0) item.element.after(other.element);
            else item.element.before(other.element);
            this.ctx.restructured(this.ctx.strings.moved, item);
        }

        /* From here into `group` at `index`, made anew because its depth changes. */
        hand(item, group, index) {
            const data = item.get();
            this.take(item);
            const moved = group.put(data, index);
            this.ctx.restructured(this.ctx.strings.moved, moved);
            moved.focus();
        }

        /* The group just above (or else just below) a row, where there is room in it. */
        neighbour(item) {
            const index = this.place(item);
            return [this.items[index - 1], this.items[index + 1]].find(
                (one) => one?.items && one.depth + item.levels <= this.ctx.maxDepth,
            );
        }

        canInto(item) {
            return Boolean(this.neighbour(item));
        }

        into(item) {
            const group = this.neighbour(item);
            this.hand(item, group, this.place(group) < this.place(item) ? group.items.length : 0);
        }

        out(item) {
            this.hand(item, this.group, this.group.place(this) + 1);
        }

        duplicate(item) {
            this.insert(structuredClone(item.get()), this.place(item) + 1).focus();
        }

        canWrap(item) {
            return this.depth + 1 + item.levels <= this.ctx.maxDepth;
        }

        wrap(item, match) {
            const index = this.place(item);
            const data = item.get();
            this.take(item);
            const group = this.put({ match, rules: [data] }, index);
            this.ctx.restructured(this.ctx.strings.wrapped, group);
            group.focus();
        }

        unwrap(group) {
            const index = this.place(group);
            const inner = group.get().rules;
            this.take(group);
            const items = inner.map((data, offset) => this.put(data, index + offset));
            this.ctx.restructured(this.ctx.strings.unwrapped);
            (items[0] ?? this).focus();
        }

        /* The word between two rows. */
        join() {
            const word = this.match.value === "all" ? this.ctx.strings.and : this.ctx.strings.or;
            this.items.forEach((item, index) => {
                item.element.querySelector(":scope > .wm-rules__join")?.remove();
                if (index) item.element.prepend(el("span", { class: "wm-rules__join" }, word));
            });
        }

        /* Numbers what is in it, by position: 2, then 2.1, 2.2. */
        number(number) {
            this.position = number;
            if (number) {
                this.legend.textContent = fill(this.ctx.strings.groupNumber, { number });
                this.actions.number(number);
            }
            this.join();
            this.items.forEach((item, index) => item.number(number ? `${number}.${index + 1}` : String(index + 1)));
        }

        get() {
            return { match: this.match.value, rules: this.items.map((item) => item.get()) };
        }

        tell(path, words, errors) {
            const prefix = path ? `${path}.` : "";
            const below = this.items.map((item, index) => item.tell(`${prefix}rules.${index}`, words, errors));
            const items = this.items.map((_item, index) => `${prefix}rules.${index}`);
            const mine = errors.filter(
                ({ path: at }) =>
                    (at === path || at.startsWith(prefix)) &&
                    !items.some((item) => at === item || at.startsWith(`${item}.`)),
            );
            this.error.textContent = mine.map((error) => error.message).join(" ");
            this.error.hidden = mine.length === 0;
            this.wrong = mine.length > 0;
            return this.wrong || below.includes(true);
        }

        /* The rows and groups that something is wrong with, from the top. */
        *atFault() {
            if (this.wrong) yield this;
            for (const item of this.items) {
                if (item.items) yield* item.atFault();
                else if (item.faults?.length) yield item;
            }
        }

        /* Every row, for what concerns them all. */
        *rows() {
            for (const item of this.items) {
                if (item.items) yield* item.rows();
                else yield item;
            }
        }

        focus() {
            this.match.focus();
        }

        focusValue() {
            (this.items[0] ?? this).focusValue();
        }

        focusFault() {
            this.focus();
        }
    }

    Object.assign(window.wmRules, { Group });
})();
