# 日本語。言語ごとに一つのファイル。文は測定された記録だけから作られる。

## 書き方

babel = ja_JP
quote-open = 「
quote-close = 」
inner-open = 『
inner-close = 』
spaced = no
# 文と文のあいだ。
between = {""}

## 一つの理由：名前、回数、日付

once = { $name }
once-on = { $name }（{ $date }）
often = { $name }（{ $number }回）
# 評価はその値も書く。
valued = { $name }［{ $value }点］
often-on = { $name }（{ $number }回、最後は{ $date }）

## したこと

did-purchase = { $things }を購入
did-cart = { $things }をカートに追加
did-favourite = { $things }をお気に入りに登録
did-like = { $things }にいいね
did-share = { $things }を共有
did-bookmark = { $things }をブックマーク
did-comment = { $things }にコメント
did-follow = { $things }をフォロー
did-rating = { $things }を評価
did-view = { $things }を閲覧
did-click = { $things }をクリック
did-search = { $things }を検索
did-dwell = { $things }をじっくり閲覧
did-dislike = { $things }を低く評価
did-read = { $things }を通読
did-watch = { $things }を視聴
did-context = いま{ $things }を表示
did-days = { $first }から{ $last }に訪問（{ $number }回）
did-early = 以前に訪問（{ $number }回）

clauses-next = { $clauses }、{ $clause }
clauses-last = { $clauses }、また{ $clause }
with-others = ほかの{ $number }件の行動に加えて{ $clauses }

## 文

because = { $clauses }したためです。
mostly-popular = 主な理由はいま人気があることです（{ $percent }）。{ $clauses }したためでもあります。
only-popular = いま人気があるためです。
none = あなたの行動で得点が上がったものはありません。

checked = 確認済み：{ $things }がなければ{ $rank }位になります。
without = { $name }
without-part = { $name }（{ $of }回のうち{ $count }回）
without-search = { $name }の検索
without-search-part = { $name }の検索（{ $of }回のうち{ $count }回）
without-others = ほか{ $number }件
rank = { $rank }
enough = 確認済み：{ $things }だけでもリストに残り、{ $rank }位になります。
covered = ここに挙げた理由は得点の{ $percent }です。
covered-popular = ここに挙げた理由は得点の{ $percent }、人気は{ $popular }です。

## 得点の内訳

parts = 得点の内訳は、{ $parts }です。
share = { $part }が{ $percent }
part-events = あなたの行動
part-order = 閲覧の順序
part-together = 選んだものと一緒によく選ばれること
part-taste = 全体的な好み
part-same = 以前に選んだこと
part-alike = 選んだものと似ていること
part-popular = 人気

## まとまった行動

together = { $group }は、合わせて得点の{ $percent }です。
together-raise = { $group }は、合わせて得点を上げています。
events = { $number }件の行動
group-value = { $attribute }が{ $name }の{ $events }
group-value-own = { $attribute }が同じ{ $name }の{ $events }
group-price = 価格が{ $low }から{ $high }の{ $events }
group-price-own = 価格が同じく{ $low }から{ $high }の{ $events }
group-days = { $first }から{ $last }の{ $events }
count-purchase = { $number }件の購入
count-cart = { $number }件のカートへの追加
count-favourite = { $number }件のお気に入り登録
count-like = { $number }件のいいね
count-share = { $number }件の共有
count-bookmark = { $number }件のブックマーク
count-comment = { $number }件のコメント
count-follow = { $number }件のフォロー
count-rating = { $number }件の評価
count-view = { $number }件の閲覧
count-click = { $number }件のクリック
count-search = { $number }件の検索
count-dwell = { $number }件のじっくりした閲覧
count-dislike = { $number }件の低い評価

## 商品のどこに合うか

alike = あなたの行動は、{ $things }に合っています。
alike-value = { $attribute }の{ $name }（{ $percent }、主に{ $most }による）
alike-word = 題名の{ $name }（{ $percent }、主に{ $most }による）
attribute-brand = ブランド
attribute-category = カテゴリー
attribute-department = 売り場
attribute-genre = ジャンル
attribute-author = 著者
attribute-colour = 色
attribute-platform = プラットフォーム
attribute-modality = 媒体

## リストの一行

line-because = { $clauses }したため
line-popular = いま人気
line-none = 測定された理由なし
