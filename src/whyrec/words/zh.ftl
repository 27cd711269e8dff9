# 简体中文。每种语言一个文件；句子只由测得的记录填成。

## 书写方式

babel = zh_CN
quote-open = 「
quote-close = 」
inner-open = 『
inner-close = 』
# 汉字与数字、拉丁字母之间留一个空格。
spaced = yes

## 一个原因：名称、次数、时间

once = { $name }
once-on = { $name }（{ $date }）
often = { $name }（{ $count } 次）
# 评分写出分数。
valued = { $name } { $value } 分
often-on = { $name }（{ $count } 次，最近一次是 { $date }）

## 顾客做了什么

did-purchase = 买过{ $things }
did-cart = 把{ $things }加入过购物车
did-favourite = 收藏过{ $things }
did-like = 喜欢{ $things }
did-share = 分享过{ $things }
did-bookmark = 把{ $things }存为书签
did-comment = 评论过{ $things }
did-follow = 关注了{ $things }
did-rating = 评价过{ $things }
did-view = 看过{ $things }
did-click = 点过{ $things }
did-search = 搜索过{ $things }
did-dwell = 细看过{ $things }
did-dislike = 不喜欢{ $things }
did-read = 读过{ $things }
did-watch = 观看过{ $things }
did-context = 正在看{ $things }
did-days = 在 { $first } 至 { $last } 来过（{ $number } 次）
did-early = 以前来过（{ $number } 次）

clauses-next = { $clauses }，{ $clause }
clauses-last = { $clauses }，还{ $clause }
with-others = { $clauses }，再加上另外 { $number } 次行为

## 句子

because = 因为你{ $clauses }。
mostly-popular = 主要因为它现在很热门（{ $percent }）；也因为你{ $clauses }。
only-popular = 因为它现在很热门。
none = 你的行为都没有提高它。

checked = 已核对：如果没有{ $things }，它会降到第 { $rank } 位。
without = { $name }
without-part = { $name }（{ $of } 次中的 { $count } 次）
without-search = 对{ $name }的搜索
without-search-part = 对{ $name }的搜索（{ $of } 次中的 { $count } 次）
without-others = 另外 { $number } 项
rank = { $rank }

## 列表中的一行

line-because = 因为你{ $clauses }
line-popular = 现在很热门
line-none = 没有测得的原因
